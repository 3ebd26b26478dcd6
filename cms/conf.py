"""The core's own settings: each is `HUB_` and its name, with its default, read when it is asked for."""

from typing import Any

from django.conf import settings


class Conf:
    """All settings of the core."""

    API_KEEP_SECONDS: int = 3600  # how long a body is kept; a change of content replaces it at once
    API_MAX_AGE_SECONDS: int = 60  # how long browsers and CDNs need not ask again
    API_STALE_SECONDS: int = 600  # how long after that they may show the old answer while they ask
    PREVIEW_SECONDS: int = 600  # how long the address of a preview works

    def __getattribute__(self, name: str) -> Any:
        return getattr(settings, f"HUB_{name}", super().__getattribute__(name))


conf = Conf()
