"""The core's kinds of block, one a file: what editors fill in, what the API says, what a plain page shows."""
