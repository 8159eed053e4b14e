"""Measurements against peers: `python -m tests.bench` prints one table of ratios."""
