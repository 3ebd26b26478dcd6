"""Writing lists of people to files that spreadsheet programs open safely."""
