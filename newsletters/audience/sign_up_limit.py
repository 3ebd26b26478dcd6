"""How often one client may request subscriptions, over the API and the sign-up page together."""

from django.http import HttpRequest
from ninja.throttling import AnonRateThrottle

from cms.project.clients import client_address
from newsletters.conf import conf


class SignUpThrottle(AnonRateThrottle):
    """Allows SIGN_UPS_PER_HOUR requests an hour from one client's address, whatever they ask for.

    `client_address` tells which address that is.
    """

    scope = "newsletters.sign_up"

    def __init__(self) -> None:
        super().__init__(f"{conf.SIGN_UPS_PER_HOUR}/h")

    def allow_request(self, request: HttpRequest) -> bool:
        """Say whether the request is allowed; the API keeps one throttle for good, so the setting is read here."""
        self.num_requests = conf.SIGN_UPS_PER_HOUR
        return super().allow_request(request)

    def get_ident(self, request: HttpRequest) -> str | None:
        """Return the client's address, the same by which wrong passwords are counted."""
        return client_address(request)
