"""The newsletter's own kinds of block for issues: one file a kind, declared in `newsletters.plugin` as any plugin's.

`rows` holds what the forms of all kinds are made of.
"""
