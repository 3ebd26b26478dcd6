"""Send mails through a server: the transport, the message, and what the server's reply means."""
