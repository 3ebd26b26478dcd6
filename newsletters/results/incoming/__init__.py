"""What comes back by mail, read from bytes: bounces, complaints, unsubscribing, replies; nothing here reads a table."""
