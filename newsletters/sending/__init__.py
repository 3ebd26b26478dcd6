"""Handing mails to a server: the transport, the message, and what a server's reply means."""
