"""What keeps programs from the sign-up: a stamp that says when the form was opened, and a proof of work."""
