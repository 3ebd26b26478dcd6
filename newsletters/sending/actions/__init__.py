"""What staff can do with a dispatch that is under way."""
