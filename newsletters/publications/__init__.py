"""The newsletter itself: who may do what with it, how it looks, what staff are told by mail."""
