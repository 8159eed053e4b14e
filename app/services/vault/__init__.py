"""The vault: keys, the one door to the register, the audit chain."""
