"""Frozen values and pure rules of the newsletter; nothing here reads a table."""
