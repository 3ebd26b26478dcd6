"""What a page's answer is built from, looked up for many pages at once."""
