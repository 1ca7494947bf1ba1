"""Private files, and messages for errors of the operating system."""
