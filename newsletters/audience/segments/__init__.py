"""Conditions that readers meet or not: what staff fill in, how it reads in words, and whom the database finds."""
