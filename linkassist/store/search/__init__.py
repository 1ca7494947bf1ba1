"""Search in the database: full text, titles, and the pages that were suggested a target."""
