"""The team's work on an issue: writing, checking, approving, scheduling and sending it."""
