"""Subscribers, what they asked for and agreed to, and whom nobody may bring back."""
