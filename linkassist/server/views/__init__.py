"""What each screen shows, as data for its template: a module a screen."""
