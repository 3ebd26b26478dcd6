"""What people and staff can do with a subscription: each module is one verb."""
