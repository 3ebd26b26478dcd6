"""Pages for subscribers: sign up, confirm, choose, unsubscribe, read online. A GET changes nothing."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import wraps

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import get_language_info
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from cms.api.routes.pages import site_of
from cms.content.queries import public_pages
from cms.models import Theme
from newsletters.audience.actions.change_subscription import change_choices
from newsletters.audience.actions.change_subscription import confirm as confirm_subscription
from newsletters.audience.actions.change_subscription import unsubscribe as end_subscription
from newsletters.audience.actions.subscribe import subscribe
from newsletters.audience.confirmation_tokens import read_confirmation_token
from newsletters.audience.forms import ChoicesForm, SignUpForm
from newsletters.audience.sign_up_limit import SignUpThrottle
from newsletters.audience.tasks import start_confirmation
from newsletters.editions.public_copy import edition_to_read, public_html, surroundings_of
from newsletters.exceptions import WrongToken
from newsletters.models import ConsentEvent, Newsletter, Subscription
from newsletters.values.personal_links import PersonalLinks, Purpose, read_token
from newsletters.values.subscriber_details import SubscriberDetails

View = Callable[..., HttpResponse]

ONLINE_CSP = "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def personal(read: Callable[[str], int]) -> Callable[[View], View]:
    """Give the view the subscription that its token is for; every invalid token gets the same answer."""

    def decorate(view: View) -> View:
        @never_cache
        @wraps(view)
        def wrapper(request: HttpRequest, token: str) -> HttpResponse:
            try:
                subscription = _subscription(read(token))
            except (WrongToken, Subscription.DoesNotExist):
                return _page(request, "broken_link")
            with translation.override(subscription.locale.language_code):
                return view(request, token, subscription)

        return wrapper

    return decorate


def _subscription(pk: int) -> Subscription:
    related = ("subscriber", "newsletter", "locale", "theme_set")
    return Subscription.objects.select_related(*related).get(pk=pk)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_up(request: HttpRequest, slug: str, language: str) -> HttpResponse:
    """Show the sign-up form; the answer is the same whether or not the address is known."""
    newsletter = get_object_or_404(Newsletter, slug=slug)
    text = next((text for text in newsletter.texts.all() if text.locale.language_code == language), None)
    if text is None:
        raise Http404
    with translation.override(language):
        throttle = SignUpThrottle()
        if request.method == "POST" and not throttle.allow_request(request):
            return _too_many(request, seconds=math.ceil(throttle.wait() or 0))
        initial = {
            "language": language,
            "themes": Theme.objects.all(),
        }
        form = SignUpForm(request.POST or None, newsletter=newsletter, initial=initial)
        if request.method == "POST" and form.is_valid():
            if not form.cleaned_data["website"]:
                _ask_to_confirm(newsletter, form, wording=text.consent_wording)
            return _page(request, "sign_up_done", newsletter=newsletter)
        return _page(request, "sign_up", newsletter=newsletter, form=form, text=text)


def _too_many(request: HttpRequest, *, seconds: int) -> HttpResponse:
    response = _page(request, "too_many", minutes=math.ceil(seconds / 60))
    response.status_code, response["Retry-After"] = 429, str(seconds)
    return response


def _ask_to_confirm(newsletter: Newsletter, form: SignUpForm, *, wording: str) -> None:
    event = subscribe(
        newsletter=newsletter,
        details=SubscriberDetails.of(form.cleaned_data),
        locale=form.locale,
        themes=form.cleaned_data["themes"],
        source=ConsentEvent.Source.SIGN_UP,
        wording=wording,
        now=timezone.now(),
    )
    if event:
        start_confirmation(event, now=timezone.now())


@require_http_methods(["GET", "HEAD", "POST"])
@personal(read_confirmation_token)
def confirm(request: HttpRequest, _token: str, subscription: Subscription) -> HttpResponse:
    """Show a button that confirms; opening the link changes nothing, because scanners open links."""
    if request.method == "POST":
        confirm_subscription(subscription, source=ConsentEvent.Source.CONFIRMATION, now=timezone.now())
        preferences_url = PersonalLinks.of(subscription.pk).preferences
        return _page(request, "confirmed", subscription=subscription, preferences_url=preferences_url)
    return _page(request, "confirm", subscription=subscription)


@csrf_exempt  # the token is the permission; a mail provider's one-click POST has no cookie (RFC 8058)
@require_http_methods(["GET", "HEAD", "POST"])
@personal(lambda token: read_token(Purpose.UNSUBSCRIBE, token=token))
def unsubscribe(request: HttpRequest, _token: str, subscription: Subscription) -> HttpResponse:
    """Unsubscribe with one button, or with a provider's one-click POST; a second time gets the same answer."""
    if request.method == "POST":
        one_click = request.POST.get("List-Unsubscribe") == "One-Click"
        source = ConsentEvent.Source.ONE_CLICK if one_click else ConsentEvent.Source.UNSUBSCRIBE
        end_subscription(subscription, source=source, now=timezone.now())
        preferences_url = PersonalLinks.of(subscription.pk).preferences
        return _page(request, "unsubscribed", subscription=subscription, preferences_url=preferences_url)
    return _page(request, "unsubscribe", subscription=subscription)


@require_http_methods(["GET", "HEAD", "POST"])
@personal(lambda token: read_token(Purpose.PREFERENCES, token=token))
def preferences(request: HttpRequest, token: str, subscription: Subscription) -> HttpResponse:
    """Choose themes and language, subscribe again or unsubscribe."""
    initial = {
        "themes": subscription.theme_set.themes.all(),
        "language": subscription.locale.language_code,
    }
    form = ChoicesForm(request.POST or None, newsletter=subscription.newsletter, initial=initial)
    if request.method == "POST" and form.is_valid():
        change_choices(
            subscription,
            locale=form.locale,
            themes=form.cleaned_data["themes"],
            rejoins="rejoin" in request.POST,
            source=ConsentEvent.Source.PREFERENCES,
            now=timezone.now(),
        )
        return redirect(f"{reverse('newsletters:preferences', args=[token])}?saved=1")
    links = PersonalLinks.of(subscription.pk)
    saved = request.method == "GET" and "saved" in request.GET
    return _page(request, "preferences", subscription=subscription, form=form, links=links, saved=saved)


@csrf_exempt  # a provider may send its one-click POST for a test mail, too; nothing changes
@require_http_methods(["GET", "HEAD", "POST"])
def test_link(request: HttpRequest, language: str) -> HttpResponse:
    """Show the page to which the personal links of previews and test mails lead."""
    if not translation.check_for_language(language):
        raise Http404
    with translation.override(language):
        return _page(request, "test_link")


@require_http_methods(["GET", "HEAD"])
def online(request: HttpRequest, issue_pk: int, language: str) -> HttpResponse:
    """Show a sent issue with every story and nothing personal, for as long as its page is public."""
    site, now = site_of(request), timezone.now()
    get_object_or_404(public_pages(site=site, now=now), pk=issue_pk)
    edition = edition_to_read(issue_pk, language=language)
    if edition is None:
        raise Http404
    html = public_html(edition, surroundings=surroundings_of(edition, site=site, now=now))
    return HttpResponse(html, headers={"Content-Security-Policy": ONLINE_CSP})


def _page(request: HttpRequest, name: str, **context: object) -> HttpResponse:
    language = translation.get_language() or "en"
    direction = "rtl" if get_language_info(language)["bidi"] else "ltr"
    context |= {"language": language, "direction": direction}
    if isinstance(subscription := context.get("subscription"), Subscription):
        text = subscription.newsletter.text_in(subscription.locale)
        context["newsletter_title"] = text.title if text else subscription.newsletter.name
        context["consent_wording"] = text.consent_wording if text else ""
    return render(request, f"newsletters/public/{name}.html", context)
