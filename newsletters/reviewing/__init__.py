"""From a draft to a sending: how an issue stands, what its readers would get, and what may no longer be done to it."""
