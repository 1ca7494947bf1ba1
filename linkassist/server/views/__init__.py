"""View models: a dataclass for what each template shows, and the function that fills it from the library."""
