"""Keys for other systems in the admin: made, shown once, limited to newsletters and rights, and revoked."""
