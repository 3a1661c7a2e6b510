"""What runs on a device have shown, and what the project shows of it."""
