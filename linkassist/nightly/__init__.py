"""The nightly run: what it does, what is known of it afterwards, and how the platform is told to start it."""
