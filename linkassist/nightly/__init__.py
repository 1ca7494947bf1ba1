"""The nightly run: its steps, its report, and the scheduler entries that start it."""
