"""What the newsletter's admin pages have in common."""
