"""The commands: each module declares its own and carries them out with the services."""
