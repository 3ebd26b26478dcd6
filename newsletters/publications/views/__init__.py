"""What the newsletter's pages in the admin have in common."""
