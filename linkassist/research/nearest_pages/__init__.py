"""Two experiments on a wiki, nearest pages and hash buckets of their vectors, with their evaluation."""
