"""Pages for a change of address: confirm it at the new one, undo it from the old one. A GET changes nothing."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone, translation
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from cms.api.routes.pages import site_of
from newsletters.audience.actions.change_address import confirm_address_change, undo_address_change
from newsletters.audience.address_tokens import AddressPurpose, read_address_token
from newsletters.audience.queries import public_newsletters
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
        said = read_address_token(purpose, token=token)
        asked = SignUp.objects.select_related("newsletter", "locale").get(pk=said.sign_up_pk, kind=KINDS[purpose])
    except (WrongToken, SignUp.DoesNotExist):
        return public_page(request, "broken_link")
    is_undo = purpose is AddressPurpose.UNDO
    with translation.override(asked.locale.language_code):
        if said.is_expired:
            return _expired(request, asked, is_undo=is_undo)
        if request.method != "POST":
            return public_page(request, "address", email=asked.email, is_undo=is_undo)
        act = undo_address_change if is_undo else confirm_address_change
        is_done = act(asked, now=timezone.now())
        days = conf.UNDO_ADDRESS_DAYS
        return public_page(request, "address_done", email=asked.email, is_undo=is_undo, is_done=is_done, days=days)


def _expired(request: HttpRequest, asked: SignUp, *, is_undo: bool) -> HttpResponse:
    """Say how to go on: on the person's own page, whose link is mailed to the address that they have now."""
    is_public = public_newsletters(site=site_of(request), now=timezone.now()).filter(pk=asked.newsletter_id).exists()
    url = reverse("newsletters:ask-for-link", args=[asked.newsletter.slug, asked.locale.language_code])
    return public_page(request, "address_expired", is_undo=is_undo, link_url=url if is_public else "")
