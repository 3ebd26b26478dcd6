"""The engine: claims due deliveries, sends them, and records what became of each."""
