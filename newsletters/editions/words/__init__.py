"""Words as mails need them: rich text, plain text, and what must not stand in either."""
