"""When mails may go and how fast, and how long to wait."""
