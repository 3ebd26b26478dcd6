"""The newsletter in the Content API."""

from newsletters.api.operations import router

__all__ = ["router"]
