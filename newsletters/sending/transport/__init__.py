"""Hand mails to a server; none of it needs a model or the database."""
