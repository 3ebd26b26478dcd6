"""How often one client may ask for subscriptions, over the API and the page together."""

from ninja.throttling import AnonRateThrottle


class SignUpThrottle(AnonRateThrottle):
    """Twenty requests an hour from one address; what was asked for makes no difference.

    Behind a proxy the client's address is the one that the proxy itself added (NINJA_NUM_PROXIES); otherwise
    X-Forwarded-For counts for nothing, because anybody can write it.
    """

    scope = "newsletters.sign_up"

    def __init__(self) -> None:
        super().__init__("20/h")
