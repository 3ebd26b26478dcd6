"""The webhooks' settings: each key of `HUB_WEBHOOKS`, with its default, read when it is asked for."""

from typing import Any

from django.conf import settings


class Conf:
    """All settings of the webhooks."""

    ALLOW_PRIVATE: bool = False  # whether http and private, loopback and link-local addresses may be sent to
    CONNECT_SECONDS: int = 5  # how long a receiver may take to be reached
    ANSWER_SECONDS: int = 10  # how long its whole answer may take after that
    LEASE_SECONDS: int = 120  # how long a worker's claim on a delivery holds
    BATCH_SIZE: int = 50  # deliveries that one task sends before it makes way for others
    KEEP_DAYS: int = 30  # how long the log is kept
    OLD_SECRET_HOURS: int = 24  # how long a rotated secret still signs, beside the new one
    # Waits between tries, in seconds; the schedule that the Standard Webhooks specification suggests.
    RETRY_SECONDS: tuple[int, ...] = (5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400)

    def __getattribute__(self, name: str) -> Any:
        configured = getattr(settings, "HUB_WEBHOOKS", {})
        return configured[name] if name in configured else super().__getattribute__(name)


conf = Conf()
