"""How the API speaks HTTP: parameters, caching, problems, and the bytes of an answer."""
