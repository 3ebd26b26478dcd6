"""Make the mail for one person from a frozen edition."""
