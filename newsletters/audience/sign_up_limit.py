"""How often one client may ask for subscriptions, over the API and the page together."""

from django.http import HttpRequest
from ninja.throttling import AnonRateThrottle

from cms.project.clients import client_address
from newsletters.conf import conf


class SignUpThrottle(AnonRateThrottle):
    """Some requests an hour from one address (SIGN_UPS_PER_HOUR); what was asked for makes no difference.

    `client_address` says whose address that is.
    """

    scope = "newsletters.sign_up"

    def __init__(self) -> None:
        super().__init__(f"{conf.SIGN_UPS_PER_HOUR}/h")

    def allow_request(self, request: HttpRequest) -> bool:
        """Say whether this one may; the API keeps one throttle for good, so the setting is read here."""
        self.num_requests = conf.SIGN_UPS_PER_HOUR
        return super().allow_request(request)

    def get_ident(self, request: HttpRequest) -> str | None:
        """Return the client's address, as wrong passwords are counted by it."""
        return client_address(request)
