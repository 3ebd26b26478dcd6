"""The core's settings with their defaults, read on access."""

from django.conf import settings


class Conf:
    """Settings of one part of the hub, with their defaults.

    With a `group`, each setting is a key of the dictionary with that name ("HUB_WEBHOOKS"); otherwise it is a setting
    named `HUB_` and its name.
    """

    group = ""

    def __getattribute__(self, name: str) -> object:
        default = super().__getattribute__(name)
        group = type(self).group
        return getattr(settings, group, {}).get(name, default) if group else getattr(settings, f"HUB_{name}", default)


class CoreConf(Conf):
    """All settings of the core itself."""

    API_KEEP_SECONDS: int = 3600  # how long a response body is cached; a change of content replaces it at once
    API_MAX_AGE_SECONDS: int = 60  # how long browsers and CDNs may use a response without asking again
    API_STALE_SECONDS: int = 600  # how long after that they may show the old response while they ask
    PREVIEW_SECONDS: int = 600  # how long the address of a preview works


class WebhooksConf(Conf):
    """All settings of the webhooks."""

    group = "HUB_WEBHOOKS"

    ALLOW_PRIVATE: bool = False  # whether to allow http, and private, loopback and link-local addresses
    CONNECT_SECONDS: int = 5  # how long connecting to a receiver may take
    ANSWER_SECONDS: int = 10  # how long the receiver's whole answer may take after that
    LEASE_SECONDS: int = 120  # how long a worker's claim on a delivery holds
    BATCH_SIZE: int = 50  # deliveries that a task sends before it lets other tasks run
    KEEP_DAYS: int = 30  # how long the log is kept
    OLD_SECRET_HOURS: int = 24  # how long the old secret still signs, alongside the new one
    # Waits between attempts, in seconds: the schedule that the Standard Webhooks specification suggests.
    RETRY_SECONDS: tuple[int, ...] = (5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400)


conf = CoreConf()
webhooks_conf = WebhooksConf()
