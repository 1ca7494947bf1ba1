"""The library on disk: one SQLite file. SQL lives only here."""
