"""What became of a sending: how far it is, and whom it did not reach."""
