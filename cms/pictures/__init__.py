"""Pictures: what a camera noted is taken out, and the files that websites and mails show are made."""
