"""Pages for subscribers: sign up, confirm, choose, unsubscribe, read online. A GET changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from cms.api.routes.pages import site_of
from cms.content.queries import public_pages
from cms.project.csp import STRICT
from newsletters.audience.actions.change_subscription import change_choices
from newsletters.audience.actions.change_subscription import unsubscribe as end_subscription
from newsletters.audience.actions.confirm_sign_up import confirm_sign_up
from newsletters.audience.actions.request_link import request_link
from newsletters.audience.actions.request_subscription import ask_again, request_subscription
from newsletters.audience.confirmation_tokens import read_confirmation_token
from newsletters.audience.forms import ChoicesForm, SignUpForm
from newsletters.audience.own_fields.keep_answers import answers_in_words
from newsletters.audience.queries import public_newsletters
from newsletters.audience.safeguards.form_stamp import is_stamp, is_too_quick, make_stamp
from newsletters.audience.safeguards.proofs import proof_in_form
from newsletters.audience.sign_up_limit import SignUpThrottle
from newsletters.audience.tasks import start_answer
from newsletters.audience.views.public_frame import (
    public_page,
    shown_agreement,
    shown_version,
    text_and_sign_up,
    too_many,
    words_have_changed,
)
from newsletters.conf import conf
from newsletters.editions.public_copy import edition_to_read, public_html, surroundings_of
from newsletters.exceptions import WrongToken
from newsletters.models import ConsentSource, Newsletter, SignUp, Subscription
from newsletters.publications.agreements import Agreement
from newsletters.values.personal_links import PersonalLinks, Purpose, read_token
from newsletters.values.subscriber_details import SubscriberDetails

View = Callable[..., HttpResponse]

ONLINE_CSP = "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def personal(purpose: Purpose) -> Callable[[View], View]:
    """Give the view the subscription that its token is for; every invalid token gets the same answer."""

    def decorate(view: View) -> View:
        @never_cache
        @wraps(view)
        def wrapper(request: HttpRequest, token: str) -> HttpResponse:
            try:
                subscription = _subscription(read_token(purpose, token=token))
            except (WrongToken, Subscription.DoesNotExist):
                return public_page(request, "broken_link")
            with translation.override(subscription.locale.language_code):
                return view(request, token, subscription)

        return wrapper

    return decorate


def _subscription(pk: int) -> Subscription:
    related = ("subscriber", "newsletter", "locale", "theme_set")
    return Subscription.objects.select_related(*related).get(pk=pk)


@csrf_exempt  # a form on another site may send it; nobody is logged in here
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_up(request: HttpRequest, slug: str, language: str) -> HttpResponse:
    """Show the sign-up form; the answer is the same whether or not the address is known."""
    newsletter = get_object_or_404(public_newsletters(site=site_of(request), now=timezone.now()), slug=slug)
    text = next((text for text in newsletter.texts.all() if text.locale.language_code == language), None)
    if text is None:
        raise Http404
    agreement = shown_agreement(request, text)
    with translation.override(language):
        throttle = SignUpThrottle(proof_of=proof_in_form)
        if request.method == "POST" and not throttle.allow_request(request):
            return too_many(request, throttle)
        form = SignUpForm(request.POST or None, newsletter=newsletter, initial={"language": language})
        again = _why_again(request, newsletter, agreement)
        if request.method == "POST" and form.is_valid() and not again:
            if not form.cleaned_data["leave_empty"]:
                shown = agreement.as_shown(shown_version(request))
                asked = request_subscription(
                    newsletter=newsletter,
                    details=SubscriberDetails.of(form.cleaned_data),
                    locale=form.locale,
                    themes=form.cleaned_data["themes"],
                    source=ConsentSource.SIGN_UP,
                    wording=shown.wording,
                    statement=shown.statement,
                    own_values=form.own_values(),
                    now=timezone.now(),
                )
                start_answer(asked, now=timezone.now())
            return public_page(request, "sign_up_done", newsletter=newsletter)
        return _sign_up_form(request, newsletter, form=form, text=text, agreement=agreement, again=again)


def _why_again(request: HttpRequest, newsletter: Newsletter, agreement: Agreement) -> str:
    """Return why the form has to be sent in once more, empty if it has not."""
    if agreement.is_outdated(shown_version(request)):
        return words_have_changed()
    if is_too_quick(request.POST.get("stamp", ""), slug=newsletter.slug, now=timezone.now()):
        return _("That was very fast. Please press the button again.")
    return ""


def _sign_up_form(request: HttpRequest, newsletter: Newsletter, **context: object) -> HttpResponse:
    """Show the form; one that was sent in keeps its stamp, so that nobody has to wait again."""
    stamp, now = request.POST.get("stamp", ""), timezone.now()
    if not is_stamp(stamp, slug=newsletter.slug, now=now):
        stamp = make_stamp(newsletter.slug, now=now)
    response = public_page(
        request, "sign_up", newsletter=newsletter, stamp=stamp, asks_for_work=conf.PROOF_OF_WORK, **context
    )
    if conf.PROOF_OF_WORK:
        response["Content-Security-Policy"] = f"{STRICT}; script-src 'self'; connect-src 'self'"
    return response


@csrf_exempt  # the token is the permission; the mail may be opened where there are no cookies
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """Show a button that confirms; opening the link changes nothing, because scanners open links."""
    try:
        said = read_confirmation_token(token)
        asked = SignUp.objects.select_related("newsletter", "locale", "theme_set").get(pk=said.sign_up_pk)
    except (WrongToken, SignUp.DoesNotExist):
        return public_page(request, "broken_link")
    with translation.override(asked.locale.language_code):
        text, offered_at = text_and_sign_up(asked.newsletter, asked.locale)
        agreement, version = shown_agreement(request, text), shown_version(request)
        context = {
            "newsletter_title": text.title if text else asked.newsletter.name,
            "agreement": agreement,
            "email": asked.email,
            "asked": asked,
            "answers": answers_in_words(asked.own_values),
            "sign_up_url": offered_at,
        }
        if said.is_expired and asked.status == SignUp.Status.WAITING:
            return _expired(request, asked, context)
        if agreement.is_outdated(version):
            return public_page(request, "confirm", again=words_have_changed(), **context)
        if request.method == "POST":
            shown = agreement.as_shown(version)
            subscription = confirm_sign_up(asked, wording=shown.wording, statement=shown.statement, now=timezone.now())
            links = PersonalLinks.of(subscription.pk) if subscription else None
            return public_page(request, "confirmed", links=links, **context)
        return public_page(request, "confirm", **context)


def _expired(request: HttpRequest, asked: SignUp, context: Mapping[str, object]) -> HttpResponse:
    """Offer a new mail for the same request, and send it on POST."""
    if request.method != "POST":
        return public_page(request, "expired", **context)
    throttle = SignUpThrottle()
    if not throttle.allow_request(request):
        return too_many(request, throttle)
    start_answer(ask_again(asked, now=timezone.now()), now=timezone.now())
    return public_page(request, "sign_up_done")


@csrf_exempt  # the token is the permission; a mail provider's one-click POST has no cookie (RFC 8058)
@require_http_methods(["GET", "HEAD", "POST"])
@personal(Purpose.UNSUBSCRIBE)
def unsubscribe(request: HttpRequest, _token: str, subscription: Subscription) -> HttpResponse:
    """Unsubscribe with one button, or with a provider's one-click POST; a second time gets the same answer.

    The answer leads to no choices of the subscriber: whoever was forwarded a mail can open this page, too.
    """
    if request.method == "POST":
        one_click = request.POST.get("List-Unsubscribe") == "One-Click"
        source = ConsentSource.ONE_CLICK if one_click else ConsentSource.UNSUBSCRIBE
        end_subscription(subscription, source=source, now=timezone.now())
        if one_click:
            return HttpResponse()  # nobody reads it
        return public_page(request, "unsubscribed", subscription=subscription)
    return public_page(request, "unsubscribe", subscription=subscription)


@csrf_exempt  # the token is the permission, and works where there are no cookies
@require_http_methods(["GET", "HEAD", "POST"])
@personal(Purpose.PREFERENCES)
def preferences(request: HttpRequest, token: str, subscription: Subscription) -> HttpResponse:
    """Choose themes and language, or unsubscribe. Who has left comes back through a mail: see `sign_up`."""
    initial = {
        "themes": subscription.theme_set.themes.all(),
        "language": subscription.locale.language_code,
    }
    if request.POST.get("do") == "link":
        return _mail_link(request, subscription)
    text = subscription.newsletter.text_in(subscription.locale)
    agreement = shown_agreement(request, text)
    is_again = request.POST.get("do") == "again" and subscription.status == Subscription.Status.ENDED
    if is_again and not agreement.is_outdated(shown_version(request)):
        return _ask_again(request, subscription, agreement.as_shown(shown_version(request)))
    sent_in = request.POST if request.method == "POST" else None  # an empty form, too
    form = ChoicesForm(sent_in, newsletter=subscription.newsletter, initial=initial)
    if request.method == "POST" and form.is_valid():
        change_choices(
            subscription,
            locale=form.locale,
            themes=form.cleaned_data["themes"],
            source=ConsentSource.PREFERENCES,
            now=timezone.now(),
        )
        return redirect(f"{reverse('newsletters:preferences', args=[token])}?saved=1")
    saved = request.method == "GET" and "saved" in request.GET
    return public_page(
        request,
        "preferences",
        subscription=subscription,
        form=form,
        links=PersonalLinks.of(subscription.pk),
        is_unwritten=text is None,
        saved=saved,
        agreement=agreement,
        again=words_have_changed() if is_again else "",
    )


def _ask_again(request: HttpRequest, subscription: Subscription, shown: Agreement) -> HttpResponse:
    """Mail who has left what everybody gets who signs up: only whoever reads their mail brings them back."""
    throttle = SignUpThrottle()
    if not throttle.allow_request(request):
        return too_many(request, throttle)
    asked = request_subscription(
        newsletter=subscription.newsletter,
        details=SubscriberDetails(email=subscription.subscriber.email, first_name=subscription.subscriber.first_name),
        locale=subscription.locale,
        themes=subscription.theme_set.themes.all(),
        source=ConsentSource.PREFERENCES,
        wording=shown.wording,
        statement=shown.statement,
        now=timezone.now(),
    )
    start_answer(asked, now=timezone.now())
    return public_page(request, "sign_up_done")


def _mail_link(request: HttpRequest, subscription: Subscription) -> HttpResponse:
    """Mail the reader the link to their own page: whoever was forwarded a mail must not get there."""
    throttle = SignUpThrottle()
    if not throttle.allow_request(request):
        return too_many(request, throttle)
    asked = request_link(
        email=subscription.subscriber.email,
        newsletter=subscription.newsletter,
        locale=subscription.locale,
        now=timezone.now(),
    )
    start_answer(asked, now=timezone.now())
    return public_page(request, "link_sent")


@csrf_exempt  # a provider may send its one-click POST for a test mail, too; nothing changes
@require_http_methods(["GET", "HEAD", "POST"])
def test_link(request: HttpRequest, language: str) -> HttpResponse:
    """Show the page to which the personal links of previews and test mails lead."""
    if not translation.check_for_language(language):
        raise Http404
    with translation.override(language):
        return public_page(request, "test_link")


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
