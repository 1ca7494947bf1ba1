"""What the server has other processes do: ask the models, and import an export."""
