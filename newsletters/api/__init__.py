"""The newsletter in the Content API."""

from newsletters.api.subscribers import router

__all__ = ["router"]
