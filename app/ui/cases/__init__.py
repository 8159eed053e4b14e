"""学籍异动: the cases, from the application to the file."""
