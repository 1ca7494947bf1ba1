"""The words of the screens, a module a screen; `catalog` brings them together."""
