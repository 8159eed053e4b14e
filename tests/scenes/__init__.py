"""Pictures of every screen and state, drawn offscreen with the demonstration school."""
