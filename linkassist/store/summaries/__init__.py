"""What is known of a project as a whole: its picture, totals, evaluations and samples of quality."""
