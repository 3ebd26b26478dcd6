"""Own fields of readers: defined by staff, asked in forms, kept as answers."""
