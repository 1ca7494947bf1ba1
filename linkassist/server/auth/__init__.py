"""Authentication: the password, sessions, the identity of a client, and rate limits."""
