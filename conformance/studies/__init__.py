"""What is learnt from recorded requests."""
