"""A newsletter's colours, as an editor chooses them and as a reader can read them."""
