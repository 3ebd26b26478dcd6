"""Readers of whom nothing has been heard for long: they are asked once, and their answer, or none, counts."""
