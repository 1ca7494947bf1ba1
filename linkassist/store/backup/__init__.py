"""Backups of a library: making, listing, restoring and mending from them."""
