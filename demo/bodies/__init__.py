"""The bodies of the pages of the demo, and what they play."""
