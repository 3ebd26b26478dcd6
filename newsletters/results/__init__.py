"""What became of a dispatch: its progress, and whom it did not reach."""
