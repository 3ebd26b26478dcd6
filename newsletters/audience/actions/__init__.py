"""What can be done with a subscription: each module is one verb."""
