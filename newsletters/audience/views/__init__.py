"""Pages for subscribers, and for staff who look after subscriptions."""
