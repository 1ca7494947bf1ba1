"""Whether the database is as it was written: checksums, damage and counts."""
