"""The web application, which `linkassist serve` runs."""
