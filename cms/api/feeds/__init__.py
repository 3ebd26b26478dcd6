"""Pages as feeds and as a calendar."""
