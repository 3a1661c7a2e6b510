"""What a kernel may cost. The static part is read from machine code, and needs no GPU."""
