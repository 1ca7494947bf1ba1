"""The words of the screens, a module each; `wording.py` brings them together."""
