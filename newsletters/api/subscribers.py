"""`/newsletters`: readers, for other systems that have a key."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from django.http import Http404, HttpRequest
from django.utils import timezone, translation
from ninja import P, PathEx, Status
from ninja.decorators import decorate_view
from ninja.errors import HttpError, ValidationError
from pydantic import AfterValidator, ConfigDict, Field

from cms.api.http.caching import never_kept
from cms.api.routes.preview import keep_private
from cms.api.values import Value
from cms.models import Theme
from newsletters.api.keys import ApiKeyAuth, ApiKeyThrottle, key_of, newsletter_of, require
from newsletters.api.operations import NewsletterSlug, router
from newsletters.api.own_fields import MOST_ANSWERS, Answers, own_values_of
from newsletters.api.schemas import one_line, valid_email
from newsletters.api.subscriber_values import AN_ID, ID, NewslettersReader, readers
from newsletters.audience.actions.change_subscription import unsubscribe
from newsletters.audience.imports.actions.add_reader import NamedReader, add_reader
from newsletters.models import ConsentSource, ImportedRow, Newsletter, OwnField, Subscriber, Subscription

__all__ = ["router"]

Fate = ImportedRow.Fate
Line = Annotated[str, AfterValidator(one_line)]
ReaderId = PathEx[UUID, P(description=ID, examples=[AN_ID])]
FEWEST_CHARACTERS = 3  # of evidence
EARLIEST = date(2000, 1, 1)  # of evidence: what is older is a slip
STAYS_AWAY = "They left, were set aside or may not be mailed: only they themselves can come back."
RESPONSES = {409: {"description": "They left, were set aside, or must not be mailed: only they can come back."}}


class NewslettersNewReader(Value):
    """Who is to be added, and how you know that they may be mailed."""

    model_config = ConfigDict(extra="forbid")

    email: Annotated[str, AfterValidator(valid_email)] = Field(
        min_length=3,
        max_length=254,
        description="The address.",
        json_schema_extra={"format": "email"},
        examples=["reader@example.org"],
    )
    first_name: Line = Field(
        default="", max_length=80, description="For the salutation; may be empty.", examples=["Sam"]
    )
    language: Line = Field(max_length=12, description="One of the newsletter's languages.", examples=["en"])
    themes: list[Line] = Field(
        default=[],
        max_length=50,
        description="The slugs of the themes to follow: at least one, if `/site` lists any.",
        examples=[["data"]],
    )
    own_fields: Answers = Field(
        default_factory=dict,
        max_length=MOST_ANSWERS,
        description="What you know of the newsletter's own fields, by key: a text, the key of a choice, a date, or "
        "true or false. None has to be answered. Kept for people who are new here only.",
        examples=[{"organisation": "Neighbourhood house"}],
    )
    basis: Literal["consent", "relation"] = Field(
        description="The legal basis: they agreed, or are a member, donor or partner and were told how to object.",
        examples=["consent"],
    )
    evidence: Line = Field(
        min_length=FEWEST_CHARACTERS,
        max_length=200,
        description="How you know, for the proof of consent: which form, which membership.",
        examples=["Ticked “newsletter” on the membership form"],
    )
    evidence_date: date = Field(
        description="The day on which they agreed, or became a member: not before 2000, and not in the future.",
        examples=["2026-05-01"],
    )


class NewslettersAddedReader(Value):
    """What became of somebody who was to be added."""

    result: Literal["added", "known"] = Field(
        description="`added`: a reader now. `known`: was one before, and nothing is changed.", examples=["added"]
    )
    id: UUID = Field(description=ID, examples=[AN_ID])


@router.post(
    "/{slug:slug}/subscribers",
    response={200: NewslettersAddedReader, 201: NewslettersAddedReader},
    operation_id="addSubscriber",
    summary="Add a reader",
    openapi_extra={"responses": RESPONSES},
    auth=ApiKeyAuth(),
    throttle=[ApiKeyThrottle()],
)
@decorate_view(keep_private)
@never_kept
def add_subscriber(
    request: HttpRequest, slug: NewsletterSlug, body: NewslettersNewReader
) -> Status[NewslettersAddedReader]:
    """Make somebody a reader who agreed elsewhere, without a mail to confirm; needs the right to add readers.

    The rules are those of an import. What you state is kept as the proof of consent, with the name of your key. 201 if
    they are a reader now, 200 if they were before; sending the same again is safe. Whoever has left, was set aside or
    erased is not brought back, and the answer is 409.
    """
    key = key_of(request)
    require(right=key.may_add)
    newsletter = newsletter_of(request, slug)
    named = _named(body, newsletter=newsletter)
    fate, subscriber = add_reader(named, newsletter=newsletter, api_key=key, now=timezone.now())
    if fate not in {Fate.NEW, Fate.KNOWN} or subscriber is None:
        raise HttpError(409, STAYS_AWAY)
    public_id = Subscriber.objects.values_list("public_id", flat=True).get(pk=subscriber)
    if fate == Fate.NEW:
        return Status(201, NewslettersAddedReader(result="added", id=public_id))
    return Status(200, NewslettersAddedReader(result="known", id=public_id))


@router.get(
    "/{slug:slug}/subscribers/{uuid:id}",
    response=NewslettersReader,
    operation_id="getSubscriber",
    summary="Get a reader",
    exclude_none=True,
    auth=ApiKeyAuth(),
    throttle=[ApiKeyThrottle()],
)
@decorate_view(keep_private)
@never_kept
def get_subscriber(request: HttpRequest, slug: NewsletterSlug, id: ReaderId) -> NewslettersReader:  # noqa: A002  # public
    """Return somebody who reads or has read it, with all newsletters of the key; needs the right to see readers.

    404 if they never did, or were erased.
    """
    key = key_of(request)
    require(right=key.may_read)
    newsletter = newsletter_of(request, slug)
    found = readers(key.newsletters.all()).filter(public_id=id, subscriptions__newsletter=newsletter).first()
    if found is None:
        raise Http404("There is no such reader.")
    return NewslettersReader.of(found)


@router.post(
    "/{slug:slug}/subscribers/{uuid:id}/end",
    response={204: None},
    operation_id="endSubscription",
    summary="End a reader's subscription",
    auth=ApiKeyAuth(),
    throttle=[ApiKeyThrottle()],
)
@decorate_view(keep_private)
@never_kept
def end_subscription(request: HttpRequest, slug: NewsletterSlug, id: ReaderId) -> None:  # noqa: A002
    """End it at once, for somebody who left at your place; needs the right to end subscriptions.

    Only they themselves can come back. Ending again changes nothing.
    """
    key = key_of(request)
    require(right=key.may_end)
    owned = Subscription.objects.filter(newsletter=newsletter_of(request, slug), subscriber__public_id=id)
    subscription = owned.select_related("subscriber", "newsletter").first()
    if subscription is None:
        raise Http404("There is no such reader.")
    unsubscribe(subscription, source=ConsentSource.SYSTEM, api_key=key, now=timezone.now())


def _named(body: NewslettersNewReader, *, newsletter: Newsletter) -> NamedReader:
    """Return who is named; raise ValidationError for what the newsletter does not have or take."""
    locale = newsletter.locales().filter(language_code=body.language).first()
    if locale is None:
        raise _wrong("language", "The newsletter is not published in this language.")
    known = Theme.objects.filter(slug__in=body.themes).values_list("slug", flat=True)
    if unknown := sorted(set(body.themes).difference(known)):
        raise _wrong("themes", f"There is no theme {', '.join(unknown)}.")
    if not known and Theme.objects.exists():
        raise _wrong("themes", "Choose at least one theme.")
    evidence = body.evidence.strip()
    if len(evidence) < FEWEST_CHARACTERS:
        raise _wrong("evidence", "Say in words how you know that they may be mailed.")
    if body.evidence_date < EARLIEST:
        raise _wrong("evidence_date", "This day is before the year 2000.")
    own_fields = OwnField.objects.of([newsletter]).with_words()
    if body.evidence_date > timezone.localdate():
        raise _wrong("evidence_date", "This day is in the future.")
    with translation.override("en"):  # as everything else that this operation says
        answers = own_values_of(body.own_fields, asked=own_fields, may_require=False)
    return NamedReader(
        email=body.email,
        first_name=" ".join(body.first_name.split()),
        locale=locale,
        theme_slugs=list(known),
        basis=Subscription.Basis(body.basis),
        evidence=evidence,
        evidence_date=body.evidence_date,
        answers=answers,
    )


def _wrong(name: str, message: str) -> ValidationError:
    return ValidationError([{"loc": ("body", name), "msg": message}])
