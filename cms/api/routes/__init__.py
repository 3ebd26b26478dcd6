"""The routes of the Content API, except feeds: each module answers one kind of question."""
