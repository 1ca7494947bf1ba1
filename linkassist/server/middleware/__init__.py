"""What every request passes before its route: host check, authentication, size limits and concurrency."""
