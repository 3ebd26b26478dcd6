"""The people who subscribe: how they sign up, choose and unsubscribe, and who gets an issue."""
