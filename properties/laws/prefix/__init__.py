"""Laws of prefix trees, held against scripts of calls."""
