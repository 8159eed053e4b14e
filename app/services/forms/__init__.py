"""Papers: spreadsheets with fields, filled to .xlsx and drawn to PDF."""
