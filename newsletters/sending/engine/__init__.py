"""The engine: takes up deliveries that are due, sends them, and records what became of each."""
