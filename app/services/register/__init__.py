"""The register: students, the ledger, classes and numbers."""
