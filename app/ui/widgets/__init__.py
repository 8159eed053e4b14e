"""Widgets that every screen is built of."""
