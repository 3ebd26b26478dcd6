"""Imports of readers, through the pages that staff use and batch by batch."""
