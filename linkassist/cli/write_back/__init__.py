"""The commands that carry accepted links to Scrapbox, and its key: a module a command."""
