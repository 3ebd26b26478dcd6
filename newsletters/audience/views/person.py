"""A person's own page, reached by a link that is mailed to them: all their newsletters, their data, erasing."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods
from wagtail.models import Site

from cms.api.routes.pages import site_of
from cms.models import Theme
from newsletters.audience.actions.change_address import request_address_change
from newsletters.audience.actions.change_subscription import unsubscribe
from newsletters.audience.actions.erase_subscriber import erase_subscriber
from newsletters.audience.actions.join_newsletter import join_newsletter
from newsletters.audience.actions.pause_subscriptions import pause_subscriptions
from newsletters.audience.actions.request_link import request_link
from newsletters.audience.actions.set_aside import restore
from newsletters.audience.forms import AboutForm, AddressForm, LinkForm, NameForm, PauseForm
from newsletters.audience.person_tokens import PersonToken, read_person_token
from newsletters.audience.personal_data import in_words, personal_data_of
from newsletters.audience.queries import public_newsletters
from newsletters.audience.sign_up_limit import SignUpThrottle
from newsletters.audience.staff_actions.change_answers import change_answers
from newsletters.audience.staff_actions.rename_subscriber import rename_subscriber
from newsletters.audience.tasks import start_answer
from newsletters.audience.views.public_frame import public_page, shown_version, too_many, words_have_changed
from newsletters.exceptions import WrongToken
from newsletters.models import ConsentSource, Newsletter, NewsletterText, Subscriber, Subscription
from newsletters.publications.agreements import Agreement
from newsletters.publications.privacy_statements import privacy_statements
from newsletters.values.personal_links import PersonalLinks

# For the page of somebody's data, which is also a file that staff take out, and so carries its style in itself.
DATA_CSP = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"


@csrf_exempt  # nobody is logged in here, and the program that opens it may have no cookies
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def ask_for_link(request: HttpRequest, slug: str, language: str) -> HttpResponse:
    """Mail the link to the person's page; the answer is the same whether or not the address is known."""
    newsletter = get_object_or_404(public_newsletters(site=site_of(request), now=timezone.now()), slug=slug)
    locale = newsletter.locales().filter(language_code=language).first()
    if locale is None:
        raise Http404
    with translation.override(language):
        throttle = SignUpThrottle()
        if request.method == "POST" and not throttle.allow_request(request):
            return too_many(request, throttle)
        form = LinkForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            email = form.cleaned_data["email"]
            asked = request_link(email=email, newsletter=newsletter, locale=locale, now=timezone.now())
            start_answer(asked, now=timezone.now())
            return public_page(request, "link_sent")
        return public_page(request, "ask_for_link", form=form)


@csrf_exempt  # the token is the permission, and works where there are no cookies
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def person(request: HttpRequest, token: str) -> HttpResponse:
    """Show all that somebody chose; a POST does what its button says."""
    try:
        said = read_person_token(token)
        subscriber = Subscriber.objects.filter(pk=said.subscriber_pk).first()
        if subscriber:
            read_person_token(token, made_after=subscriber.address_changed_at)
    except WrongToken:
        return public_page(request, "broken_link")
    with translation.override(_language(said, subscriber)):
        if said.is_expired:
            return _expired(request, subscriber)
        if subscriber is None:
            return public_page(request, "broken_link")
        act = _do if request.method == "POST" else _show
        return act(request, subscriber, token=token)


def _show(request: HttpRequest, subscriber: Subscriber, *, token: str) -> HttpResponse:
    if request.GET.get("show") == "data":
        return _data(request, subscriber, token=token, form=request.GET.get("form", "html"))
    if request.GET.get("show") == "erase":
        return public_page(request, "erase", subscriber=subscriber, token=token)
    return _overview(request, subscriber, token=token)


def _language(said: PersonToken, subscriber: Subscriber | None) -> str:
    """Return the language of the mail that the link was in, which nothing that is done on the page changes."""
    main = None if said.language else _main_subscription(subscriber)
    return said.language or (main.locale.language_code if main else translation.get_language()) or "en"


def _main_subscription(subscriber: Subscriber | None) -> Subscription | None:
    """Return the subscription whose newsletter and language mails about all of them have: the oldest active one."""
    related = Subscription.objects.filter(subscriber=subscriber).select_related("newsletter", "locale")
    oldest = related.filter(status=Subscription.Status.ACTIVE).order_by("status_changed_at", "pk").first()
    return oldest or related.order_by("-status_changed_at", "pk").first()


def _expired(request: HttpRequest, subscriber: Subscriber | None) -> HttpResponse:
    """Offer to mail a new link, and mail it on POST; who was erased since gets the same answer, and no mail."""
    if request.method != "POST":
        return public_page(request, "own_link_expired")
    throttle = SignUpThrottle()
    if not throttle.allow_request(request):
        return too_many(request, throttle)
    main = _main_subscription(subscriber)
    if subscriber and main:
        asked = request_link(email=subscriber.email, newsletter=main.newsletter, locale=main.locale, now=timezone.now())
        start_answer(asked, now=timezone.now())
    return public_page(request, "link_sent")


def _do(request: HttpRequest, subscriber: Subscriber, *, token: str) -> HttpResponse:
    act = request.POST.get("do")
    if act == "join" and (offer := _offer(request)) and offer.agreement.is_outdated(shown_version(request)):
        return _overview(request, subscriber, token=token, again=words_have_changed())
    if act == "address":
        return _request_address(request, subscriber, token=token)
    if act == "erase":
        erase_subscriber(subscriber, user=None, now=timezone.now())
        return public_page(request, "erased")
    form = _form(request, subscriber, act)
    if not _change(request, subscriber, act, form=form):
        return _overview(request, subscriber, token=token, form=form)
    return redirect(f"{reverse('newsletters:person', args=[token])}?saved=1")


def _form(request: HttpRequest, subscriber: Subscriber, act: str | None) -> Form | None:
    """Return the form whose button was pressed, None for a button that stands alone."""
    if act == "name":
        return NameForm(request.POST)
    if act == "about":
        return AboutForm(request.POST, subscriber=subscriber)
    if act == "pause":
        return PauseForm(request.POST, today=timezone.localdate())
    return None


def _change(request: HttpRequest, subscriber: Subscriber, act: str | None, *, form: Form | None) -> bool:
    """Do what the button says; return False if the form is not valid, or there is no such button."""
    now = timezone.now()
    if form is not None:
        return form.is_valid() and _keep(subscriber, form, now=now)
    if act == "go on":
        pause_subscriptions(subscriber, until=None, now=now)
    elif act == "leave":
        for subscription in subscriber.subscriptions.all():
            unsubscribe(subscription, source=ConsentSource.PERSON, now=now)
    elif act == "restore":
        set_aside = subscriber.subscriptions.filter(status__in=Subscription.SET_ASIDE)
        for subscription in set_aside.filter(newsletter__slug=request.POST.get("newsletter", "")):
            restore(subscription, user=None, note="", now=now)
    elif act == "join" and (offer := _offer(request)):
        shown = offer.agreement.as_shown(shown_version(request))
        join_newsletter(
            subscriber,
            newsletter=offer.newsletter,
            locale=offer.text.locale,
            wording=shown.wording,
            statement=shown.statement,
            now=now,
        )
    else:
        return False
    return True


def _keep(subscriber: Subscriber, form: Form, *, now: datetime) -> bool:
    if isinstance(form, NameForm):
        rename_subscriber(subscriber, first_name=form.cleaned_data["first_name"], user=None, now=now)
        subscriber.subscriptions.update(heard_at=now)
    elif isinstance(form, AboutForm):
        change_answers(subscriber, answers=form.own_values(), user=None, now=now)
        subscriber.subscriptions.update(heard_at=now)
    elif isinstance(form, PauseForm):
        return pause_subscriptions(subscriber, until=form.cleaned_data["until"], now=now)
    return True


def _request_address(request: HttpRequest, subscriber: Subscriber, *, token: str) -> HttpResponse:
    """Mail a link to the new address; the answer is the same whether or not that is known."""
    throttle = SignUpThrottle()
    if not throttle.allow_request(request):
        return too_many(request, throttle)
    form = AddressForm(request.POST, subscriber=subscriber)
    main = _main_subscription(subscriber)
    if main is None or not form.is_valid():
        return _overview(request, subscriber, token=token, form=form)
    asked = request_address_change(
        subscriber,
        email=form.cleaned_data["email"],
        newsletter=main.newsletter,
        locale=main.locale,
        now=timezone.now(),
    )
    start_answer(asked, now=timezone.now())
    return public_page(request, "address_sent", token=token)


def _overview(
    request: HttpRequest, subscriber: Subscriber, *, token: str, form: Form | None = None, again: str = ""
) -> HttpResponse:
    related = subscriber.subscriptions.select_related("newsletter", "locale", "theme_set")
    owned = list(related.prefetch_related("newsletter__texts").order_by("newsletter__name"))
    active = [subscription for subscription in owned if subscription.status == Subscription.Status.ACTIVE]
    set_aside = [subscription for subscription in owned if subscription.status in Subscription.SET_ASIDE]
    known = {subscription.newsletter_id for subscription in (*active, *set_aside)}
    return public_page(
        request,
        "person",
        subscriber=subscriber,
        token=token,
        active=[(each, _title(each), PersonalLinks.of(each.pk)) for each in active],
        # In a language that their newsletter is no longer written in, so that `audience` leaves them out.
        unwritten=[each for each in active if each.newsletter.text_in(each.locale) is None],
        set_aside=[(each.newsletter, _title(each)) for each in set_aside],
        has_themes=Theme.objects.exists(),
        offers=[offer for offer in _offers(request).values() if offer.newsletter.pk not in known],
        statements=_statements(active, site=site_of(request), now=timezone.now()),
        is_paused=any(each.paused_until for each in active),
        name_form=form if isinstance(form, NameForm) else NameForm({"first_name": subscriber.first_name}),
        about_form=form if isinstance(form, AboutForm) else AboutForm(subscriber=subscriber),
        address_form=form if isinstance(form, AddressForm) else AddressForm(subscriber=subscriber),
        can_change_address=bool(owned),
        pause_form=form if isinstance(form, PauseForm) else PauseForm(today=timezone.localdate()),
        form=form,
        has_nothing_to_pause=isinstance(form, PauseForm) and not active,
        again=again,
        saved=request.method == "GET" and "saved" in request.GET,
    )


@dataclass(frozen=True, kw_only=True)
class Offer:
    """A newsletter that can be joined, with what its reader agrees to, in their language if it is written in that."""

    newsletter: Newsletter
    text: NewsletterText
    agreement: Agreement


def _offer(request: HttpRequest) -> Offer | None:
    """Return the newsletter whose button was pressed, None if it cannot be joined."""
    return _offers(request).get(request.POST.get("newsletter", ""))


def _offers(request: HttpRequest) -> dict[str, Offer]:
    """Return all newsletters that can be joined, by slug."""
    site, now, language = site_of(request), timezone.now(), translation.get_language()
    texts: dict[Newsletter, NewsletterText] = {}
    for newsletter in public_newsletters(site=site, now=now).prefetch_related("texts__locale"):
        written = list(newsletter.texts.all())
        if written:
            own = (text for text in written if text.locale.language_code == language)
            texts[newsletter] = next(own, written[0])
    statements = privacy_statements(texts.values(), site=site, now=now)
    return {
        newsletter.slug: Offer(
            newsletter=newsletter,
            text=text,
            agreement=Agreement(wording=text.consent_wording, statement=statements.get(text)),
        )
        for newsletter, text in texts.items()
    }


def _statements(subscriptions: list[Subscription], *, site: Site, now: datetime) -> list[tuple[str, str]]:
    """Return the address of each privacy statement, and the newsletters that it is for."""
    texts = filter(None, (each.newsletter.text_in(each.locale) for each in subscriptions))
    titles: dict[str, list[str]] = {}
    for text, statement in privacy_statements(texts, site=site, now=now).items():
        titles.setdefault(statement.url, []).append(f"“{text.title}”")
    return [(url, ", ".join(names)) for url, names in titles.items()]


def _title(subscription: Subscription) -> str:
    text = subscription.newsletter.text_in(subscription.locale)
    return text.title if text else subscription.newsletter.name


def _data(request: HttpRequest, subscriber: Subscriber, *, token: str, form: str) -> HttpResponse:
    data = personal_data_of(subscriber, names_staff=False, now=timezone.now())
    if form == "json":
        response: HttpResponse = JsonResponse(asdict(data), json_dumps_params={"indent": 2, "ensure_ascii": False})
        response["Content-Disposition"] = 'attachment; filename="newsletters.json"'
        return response
    back = reverse("newsletters:person", args=[token])
    context = {"data": in_words(data), "language": translation.get_language(), "back": back}
    response = render(request, "newsletters/proof.html", context)
    response["Content-Security-Policy"] = DATA_CSP
    return response
