"""Pages for a change of address: confirm it at the new one, undo it from the old one. A GET changes nothing."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from newsletters.audience.actions.change_address import confirm_address_change, undo_address_change
from newsletters.audience.address_tokens import AddressPurpose, read_address_token
from newsletters.audience.views.public_frame import public_page
from newsletters.conf import conf
from newsletters.exceptions import WrongToken
from newsletters.models import SignUp

KINDS = {AddressPurpose.CONFIRM: SignUp.Kind.ADDRESS, AddressPurpose.UNDO: SignUp.Kind.UNDO}


@csrf_exempt  # the token is the permission; the mail may be opened where there are no cookies
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def confirm_address(request: HttpRequest, token: str) -> HttpResponse:
    """Show a button that changes the address to the one that the mail was sent to."""
    return _page(request, token, AddressPurpose.CONFIRM)


@csrf_exempt  # as above
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def undo_address(request: HttpRequest, token: str) -> HttpResponse:
    """Show a button that brings the former address back."""
    return _page(request, token, AddressPurpose.UNDO)


def _page(request: HttpRequest, token: str, purpose: AddressPurpose) -> HttpResponse:
    try:
        pk = read_address_token(purpose, token=token)
        asked = SignUp.objects.select_related("locale").get(pk=pk, kind=KINDS[purpose])
    except (WrongToken, SignUp.DoesNotExist):
        return public_page(request, "broken_link")
    is_undo = purpose is AddressPurpose.UNDO
    with translation.override(asked.locale.language_code):
        if request.method != "POST":
            return public_page(request, "address", email=asked.email, is_undo=is_undo)
        act = undo_address_change if is_undo else confirm_address_change
        is_done = act(asked, now=timezone.now())
        days = conf.UNDO_ADDRESS_DAYS
        return public_page(request, "address_done", email=asked.email, is_undo=is_undo, is_done=is_done, days=days)
