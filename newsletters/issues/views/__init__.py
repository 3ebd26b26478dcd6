"""Pages of the admin about an issue: compose, check, review, preview, test, send."""
