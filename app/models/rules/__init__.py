"""Pure rules: tables and functions without database, file or clock."""
