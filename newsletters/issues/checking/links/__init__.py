"""The links of an issue: what they say, where they lead, and whether something is there."""
