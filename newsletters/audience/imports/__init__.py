"""Imports of readers under way: their file, what each row would do, doing it batch by batch, and undoing it."""
