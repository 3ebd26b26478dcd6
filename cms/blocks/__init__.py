"""The core's block kinds, one file each: the form for editors, the API's schema, the template of plain pages."""
