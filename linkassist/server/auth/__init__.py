"""Who may use the server: the password, sessions, the visitor of a request, and a limit on attempts."""
