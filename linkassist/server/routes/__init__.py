"""The handlers of the requests: a module a screen."""
