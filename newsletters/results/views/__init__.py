"""Pages about dispatches and their mails."""
