"""Finding a person from anywhere."""
