"""The registrar's desk: drafts, the calendar of the year."""
