"""The kinds that are made of several parts of the same shape."""
