"""Which vector of a page finds the pages that people link? Poolings and layers of a BERT, put to the test on a wiki."""
