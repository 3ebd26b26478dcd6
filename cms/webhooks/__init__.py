"""Webhooks: what changes in public is told to other servers, signed, and told again until they have heard it.

`changes` sees what the public sees before and after a change; `outbox` writes a row for each listener in the same
transaction; `tasks` and `send` deliver the rows; `views` and `viewset` are the pages for staff.
"""
