"""Laws that hold for every operation, whatever it computes."""
