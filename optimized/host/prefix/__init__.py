"""The radix tree and what it is made of."""
