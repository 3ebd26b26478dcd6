"""The people who subscribe: how they join, choose and leave, and who gets an issue."""
