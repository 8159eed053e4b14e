"""Help in the window: the manual, and the keys."""
