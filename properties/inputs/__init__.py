"""From a case to arrays: seeded generators that fill the bulk and plant hostile values at tile seams."""
