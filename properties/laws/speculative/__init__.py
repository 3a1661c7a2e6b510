"""Laws of verifiers: the exact law of what they emit."""
