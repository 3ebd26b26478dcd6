"""Text as mails need it: rich text, plain text, and what must not be in either."""
