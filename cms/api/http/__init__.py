"""How the API speaks HTTP: parameters, caching, problems, rendering."""
