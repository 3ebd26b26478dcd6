"""Writing an issue: what it could tell, what it remembers of its pages, and what stands in its editor."""
