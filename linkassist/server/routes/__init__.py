"""Request handlers, a module for each screen."""
