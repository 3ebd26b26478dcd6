"""Finding readers among a million: conditions, and a page of the list."""
