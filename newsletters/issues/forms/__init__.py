"""The forms of the pages on an issue."""
