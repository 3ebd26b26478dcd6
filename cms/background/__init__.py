"""What runs outside of requests: the clock, the workers, and the queues they use."""
