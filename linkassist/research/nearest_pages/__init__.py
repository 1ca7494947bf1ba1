"""The two experiments that the note before this program made, on the user's own wiki, and what they were worth."""
