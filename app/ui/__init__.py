"""What the window shows and collects; it starts work and knows no SQL."""
