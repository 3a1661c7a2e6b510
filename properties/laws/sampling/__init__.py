"""Laws of what is drawn: the law's error, and its statistics."""
