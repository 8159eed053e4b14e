"""Archive discs: package, image, viewer, verification."""
