"""The newsletter's own block kinds for issues, one file each, declared in `newsletters.plugin` as any plugin's are.

`rows` holds the parts that the forms of all kinds share.
"""
