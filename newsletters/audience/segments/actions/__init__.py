"""What staff do with segments."""
