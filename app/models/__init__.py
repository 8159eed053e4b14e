"""What the register holds and what the rules allow."""
