"""Opening the register: password, recovery sheet, first start."""
