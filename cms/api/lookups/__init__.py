"""What the answers about pages are built from, looked up for many pages at once."""
