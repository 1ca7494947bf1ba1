"""The browser's side: routes, handlers and the views that the templates show."""
