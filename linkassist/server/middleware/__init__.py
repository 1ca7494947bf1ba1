"""ASGI middleware: host check, authentication, request limits and concurrency."""
