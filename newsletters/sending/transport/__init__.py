"""Handing mails to a server: no model and no database is needed for any of it."""
