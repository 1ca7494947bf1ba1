"""From an export or a project to suggestions: import, fetch, reindex and what is kept between two runs."""
