"""A reader as other systems see them: in the answers for those that have a key, and in messages to webhooks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from django.db.models import Prefetch, QuerySet
from django.utils.translation import gettext_lazy as _
from pydantic import Field
from pydantic.json_schema import SkipJsonSchema

from cms.api.values import Value
from cms.plugins import PersonalEvent
from newsletters.api.own_fields import Answer, typed
from newsletters.models import Newsletter, OwnField, OwnValue, Subscriber, Subscription
from newsletters.models.audience.announcing import BOUNCED, CHANGED, CONFIRMED, ERASED, LEFT

ID = "The reader's id: random, and the same as long as they are kept here."
AN_ID = "5b8f6d0c-92f5-4d0b-8f6f-3c1f0a7e4d21"


class NewslettersReaderSubscription(Value):
    """What a reader has with one newsletter."""

    newsletter: str = Field(description="The newsletter's slug.", examples=["newsletter"])
    status: Literal["active", "ended", "bounced", "complained"] = Field(
        description="`active` gets the next issue; `ended` left; `bounced` and `complained` are set aside: mail does "
        "not arrive, or was called spam.",
        examples=["active"],
    )
    since: datetime = Field(description="Since when this is the status.", examples=["2026-11-25T09:00:00Z"])
    language: str = Field(description="The code of the language.", examples=["en"])
    themes: list[str] = Field(description="The slugs of the themes that they follow.", examples=[["data"]])
    basis: Literal["consent", "relation"] = Field(
        description="The legal basis: they agreed, or are a member, donor or partner.", examples=["consent"]
    )
    paused_until: date | SkipJsonSchema[None] = Field(
        default=None,
        description="The day until which they get nothing; left out if there is none.",
        examples=["2027-01-15"],
    )

    @classmethod
    def of(cls, subscription: Subscription) -> NewslettersReaderSubscription:
        """Return it as other systems see it."""
        return cls.model_validate(
            {
                "newsletter": subscription.newsletter.slug,
                "status": subscription.status,
                "since": subscription.status_changed_at,
                "language": subscription.locale.language_code,
                "themes": subscription.theme_set.key.split(),
                "basis": subscription.basis,
                "paused_until": subscription.paused_until,
            }
        )


class NewslettersReader(Value):
    """A reader, with all their subscriptions."""

    id: UUID = Field(description=ID, examples=[AN_ID])
    email: str = Field(description="The address.", examples=["reader@example.org"])
    first_name: str = Field(description="The first name; may be empty.", examples=["Sam"])
    own_fields: dict[str, Answer] = Field(
        description="Their answers to own fields by key, as a request to subscribe gives them: a text, the key of a "
        "choice, a date, or true or false. What they did not answer is left out.",
        examples=[{"organisation": "Neighbourhood house"}],
    )
    subscriptions: list[NewslettersReaderSubscription] = Field(description="What they have with each newsletter.")

    @classmethod
    def of(cls, subscriber: Subscriber) -> NewslettersReader:
        """Return somebody from `readers()`."""
        return cls(
            id=subscriber.public_id,
            email=subscriber.email,
            first_name=subscriber.first_name,
            own_fields=typed(subscriber.own_values.all()),
            subscriptions=[NewslettersReaderSubscription.of(each) for each in subscriber.subscriptions.all()],
        )


class NewslettersReaderData(Value):
    """Whom something happened to, as they are when the message is sent."""

    subscriber: NewslettersReader = Field(description="The reader as they are now, with all newsletters.")
    newsletter: str | SkipJsonSchema[None] = Field(
        default=None,
        description="The slug of the newsletter that it is about; left out if it is about the person.",
        examples=["newsletter"],
    )
    reason: str = Field(
        description="What exactly happened: with `subscriber.left` where they left (`one-click`, `unsubscribe-page`, "
        "`admin`, `import` …), with `subscriber.bounced` the new status, else what they did (`confirmed`, `returned`, "
        "`imported`, `changed`, `answered`, `paused`, `moved` …). More words may come.",
        examples=["one-click"],
    )


class NewslettersErasedReader(Value):
    """A reader of whom nothing is kept any more."""

    id: UUID = Field(description=ID, examples=[AN_ID])


class NewslettersErasedData(Value):
    """Who was erased."""

    subscriber: NewslettersErasedReader = Field(description="The former reader: delete what you have of them, too.")


def readers(newsletters: QuerySet[Newsletter] | None = None) -> QuerySet[Subscriber]:
    """Return the subscribers, ready for `NewslettersReader.of`.

    If newsletters are given, only those who have a subscription to one of them, with what belongs to these.
    """
    found, shown, answers = Subscriber.objects.all(), Subscription.objects.all(), OwnValue.objects.all()
    if newsletters is not None:
        found = found.filter(subscriptions__newsletter__in=newsletters).distinct()
        shown = shown.filter(newsletter__in=newsletters)
        answers = answers.filter(own_field__in=OwnField.objects.of(newsletters))
    return found.prefetch_related(
        Prefetch(
            "subscriptions", shown.select_related("newsletter", "locale", "theme_set").order_by("newsletter__slug")
        ),
        Prefetch("own_values", answers.select_related("own_field").order_by("own_field__key")),
    )


def _now(announced: Mapping[str, str]) -> NewslettersReaderData | None:
    subscriber = readers().filter(public_id=announced["subscriber"]).first()
    if subscriber is None:
        return None
    return NewslettersReaderData(
        subscriber=NewslettersReader.of(subscriber),
        newsletter=announced.get("newsletter"),
        reason=announced["reason"],
    )


def _erased(announced: Mapping[str, str]) -> NewslettersErasedData:
    return NewslettersErasedData(subscriber=NewslettersErasedReader(id=UUID(announced["subscriber"])))


MAY_SEE = "hub_newsletters.view_subscription"

SUBSCRIBER_EVENTS = (
    *(
        PersonalEvent(name=name, label=label, permission=MAY_SEE, data=NewslettersReaderData, complete=_now)
        for name, label in (
            (CONFIRMED, _("Somebody became a reader of a newsletter")),
            (CHANGED, _("A reader changed language, themes, name, address or a pause")),
            (LEFT, _("A reader left a newsletter")),
            (BOUNCED, _("A reader was set aside: mail does not arrive, or was called spam")),
        )
    ),
    PersonalEvent(
        name=ERASED,
        label=_("A reader was erased"),
        permission=MAY_SEE,
        data=NewslettersErasedData,
        complete=_erased,
    ),
)
