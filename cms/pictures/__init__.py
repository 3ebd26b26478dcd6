"""Pictures: removing camera notes, and making the files that websites and mails show."""
