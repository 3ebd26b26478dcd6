"""What staff can do with a sending that is under way."""
