"""What runs beside requests: the clock, the workers, and the queues they use."""
