"""Reading lists of people from files: tables, what their columns mean, and what each row says."""
