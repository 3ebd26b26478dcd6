"""The core's own settings: each is `HUB_` and its name, with its default, read when it is asked for."""

from typing import Any

from django.conf import settings


class Conf:
    """All settings of the core."""

    PREVIEW_SECONDS: int = 600  # how long the address of a preview works

    def __getattribute__(self, name: str) -> Any:
        return getattr(settings, f"HUB_{name}", super().__getattribute__(name))


conf = Conf()
