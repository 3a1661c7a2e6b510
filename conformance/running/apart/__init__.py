"""The judge apart from what it judges: a backend's process only computes, the laws are checked here."""
