"""The panels of an issue's editor."""
