"""What staff do for a reader who asked them to: each module is one verb, and checks its own right."""
