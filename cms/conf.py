"""The core's settings: each key of `HUB_CMS`, with its default, read when it is asked for."""

from typing import Any

from django.conf import settings


class Conf:
    """All settings of the core."""

    API_KEEP_SECONDS: int = 3600  # how long a body is kept; a change of content replaces it at once
    API_MAX_AGE_SECONDS: int = 60  # how long browsers and CDNs need not ask again
    API_STALE_SECONDS: int = 600  # how long after that they may show the old answer while they ask

    def __getattribute__(self, name: str) -> Any:
        configured = getattr(settings, "HUB_CMS", {})
        return configured[name] if name in configured else super().__getattribute__(name)


conf = Conf()
