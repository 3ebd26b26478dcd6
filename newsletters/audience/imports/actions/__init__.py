"""What staff do with an import, one verb a module."""
