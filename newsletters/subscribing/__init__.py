"""Joining, choosing and leaving: what subscribers fill in, and the links that are theirs alone."""
