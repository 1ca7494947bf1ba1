"""Files of the reader's own: private ones, and what the operating system reports about them."""
