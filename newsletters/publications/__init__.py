"""The newsletter itself: who may do what with it, how it looks, and mails to staff about it."""
