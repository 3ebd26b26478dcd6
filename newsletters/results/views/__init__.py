"""Pages about sendings and their mails."""
