"""Webhooks: signed messages tell other servers about public changes, and are sent again until they arrive.

`changes` compares what the public sees before and after a change; `outbox` writes a row for each listener in the same
transaction; `tasks` and `send` deliver the rows; `views` and `viewset` are the pages for staff.
"""
