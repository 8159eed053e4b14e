"""毕业与归档: the disc of a cohort, planned, built, read back and remembered."""
