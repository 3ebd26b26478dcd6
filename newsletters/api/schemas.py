"""The newsletter in the Content API: its pages, its issues as they were sent, and the request to subscribe."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from datetime import date, datetime
from typing import Annotated, Literal, Self, cast

from django.core.exceptions import ValidationError
from django.utils import translation
from django.utils.translation import gettext as _
from pydantic import AfterValidator, ConfigDict, Field, ModelWrapValidatorHandler, model_validator
from pydantic_core import PydanticCustomError
from wagtail.coreutils import get_content_languages
from wagtail.models import Page, Site

from cms.api.context import BuildContext
from cms.api.json_ld import creative_work
from cms.api.schemas import PageDetail, PageSummary
from cms.api.values import Value
from cms.plugins import References
from newsletters.api.blocks import NewslettersIssueBlock, build_blocks, edition_references
from newsletters.api.feeds import mail_as_article
from newsletters.api.own_fields import MOST_ANSWERS, Answers
from newsletters.editions.public_copy import public_html, public_text
from newsletters.models import Edition, Newsletter, NewsletterText, OwnField
from newsletters.publications.agreements import Agreement
from newsletters.publications.privacy_statements import PrivacyStatement, privacy_statements
from newsletters.values.addresses import clean_address

UNPRINTABLE = frozenset({"Cc", "Cs", "Zl", "Zp"})
# Embeddings, overrides and isolates turn what follows them around (UAX #9); names need the joiners beside them in Cf.
TURNING = frozenset({"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"})


def valid_email(value: str) -> str:
    """Return the address as it is kept; raise an error with words for people if mail cannot go there."""
    try:
        return clean_address(value)
    except ValidationError as error:
        raise PydanticCustomError("email", "{words}", {"words": error.messages[0]}) from error


def one_line(value: str) -> str:
    """Return the text; raise an error if it holds line breaks, other control characters or marks of direction."""
    if any(unicodedata.category(each) in UNPRINTABLE or unicodedata.bidirectional(each) in TURNING for each in value):
        raise PydanticCustomError("one_line", "{words}", {"words": _("The text contains control characters.")})
    return value


class NewslettersNewsletterSummary(PageSummary):
    """A newsletter's page."""

    type: Literal["newsletter"] = Field(description="Says that this is a newsletter's page.")
    newsletter: str = Field(description="The newsletter's slug, as in `/newsletters/{slug}`.", examples=["newsletter"])

    @classmethod
    def extra(
        cls,
        *,
        page: Page,
        context: BuildContext,  # noqa: ARG003 - named by `PageSummary`
    ) -> dict[str, object]:
        """Return the newsletter's slug."""
        return {"newsletter": page.newsletter.slug}


class NewslettersNewsletterDetail(NewslettersNewsletterSummary, PageDetail):
    """A newsletter's page, in full."""


class NewslettersIssueSummary(PageSummary):
    """An issue that was sent."""

    type: Literal["issue"] = Field(description="Says that this is an issue of a newsletter.")
    issue_date: date = Field(description="The issue's date.", examples=["2026-11-24"])


class NewslettersEdition(Value):
    """An issue in one language as it was sent, with every story and nothing personal: as a mail and as blocks."""

    language: str = Field(description="The code of the language.", examples=["en"])
    subject: str = Field(description="The mail's subject.", examples=["What the autumn taught us"])
    preheader: str = Field(
        description="Text that follows the subject in an inbox; may be empty.",
        examples=["Three stories and a day to meet"],
    )
    title: str = Field(description="The issue's title.", examples=["November 2026"])
    html: str = Field(
        description="The mail as HTML, a whole document: show it in an `<iframe>`.",
        examples=['<!doctype html><html lang="en">…</html>'],
    )
    text: str = Field(description="The mail as plain text.", examples=["November 2026\n\nThe harvest is in, …"])
    blocks: list[NewslettersIssueBlock] = Field(
        description="What the issue says, in the editor's order and in the words that were sent, beginning with the "
        "intro and its signature, for a website with its own design. A button or a picture that is no longer public "
        "is left out."
    )

    @classmethod
    def of(cls, edition: Edition, *, context: BuildContext) -> NewslettersEdition:
        """Return the edition without its personal tokens."""
        return cls(
            language=edition.locale.language_code,
            subject=edition.subject,
            preheader=edition.preheader,
            title=edition.title,
            html=public_html(edition),
            text=public_text(edition),
            blocks=build_blocks(edition, context=context),
        )


class NewslettersIssueDetail(NewslettersIssueSummary, PageDetail):
    """An issue as it was sent, in each of its languages."""

    editions: list[NewslettersEdition] = Field(description="The issue in each language.")

    @classmethod
    def references(cls, *, page: Page) -> References:
        """Return what the blocks of the issue's editions refer to."""
        return super().references(page=page) | edition_references(page.archived_editions)

    @classmethod
    def extra(cls, *, page: Page, context: BuildContext) -> dict[str, object]:
        """Return the editions of the issue's dispatch."""
        return {"editions": [NewslettersEdition.of(edition, context=context) for edition in page.archived_editions]}

    @property
    def main_edition(self) -> NewslettersEdition | None:
        """The edition in the page's language, else the first; None if the issue was not sent."""
        own = (edition for edition in self.editions if edition.language == self.locale)
        return next(own, next(iter(self.editions), None))

    def content_html(self) -> str:
        """Return the mail as an article."""
        return mail_as_article(self.main_edition.html) if self.main_edition else ""

    def schema_org(self) -> dict[str, object]:
        """Return an issue of a publication."""
        edition = self.main_edition
        words = {"name": edition.title, "headline": edition.title, "inLanguage": edition.language} if edition else {}
        published = {"datePublished": self.issue_date.isoformat()}
        return {**creative_work(self), "@type": "PublicationIssue", **published, **words}


class NewslettersPrivacyStatement(Value):
    """What happens to subscribers' data, for people to read before they subscribe."""

    url: str = Field(description="Its address.", examples=["https://hub.example.org/en/privacy/"])
    version: str = Field(description="Its version, often a date.", examples=["2026-11-24"])


OwnFieldKind = Literal["text", "choice", "date", "yes_no"]


class NewslettersOwnFieldChoice(Value):
    """One of the answers to a field of the kind `choice`."""

    key: str = Field(description="What to send as the answer.", examples=["school"])
    label: str = Field(description="What people read.", examples=["School"])


class NewslettersOwnField(Value):
    """Something that the sign-up form asks besides address, name and themes."""

    key: str = Field(description="The field's key in `own_fields` of a request.", examples=["organisation"])
    kind: OwnFieldKind = Field(
        description=(
            "How it is answered: a text of one line and at most 200 characters, the key of one of `choices`, a date "
            "such as 2026-11-24, or true or false."
        ),
        examples=["text"],
    )
    label: str = Field(description="What people read.", examples=["Organisation"])
    help: str = Field(description="What stands beside it; may be empty.", examples=["So that we know whom we reach."])
    is_required: bool = Field(description="Whether it has to be answered.", examples=[False])
    choices: list[NewslettersOwnFieldChoice] = Field(description="The answers to choose from; empty for other kinds.")

    @classmethod
    def of(cls, own_field: OwnField, *, language: str) -> NewslettersOwnField:
        """Return the field with its words in one language."""
        labels = own_field.choice_labels(language) if own_field.kind == OwnField.Kind.CHOICE else {}
        return cls(
            key=own_field.key,
            kind=cast("OwnFieldKind", own_field.kind),
            label=own_field.label_in(language),
            help=own_field.help_in(language),
            is_required=own_field.is_required,
            choices=[NewslettersOwnFieldChoice(key=key, label=label) for key, label in labels.items()],
        )


class NewslettersLanguage(Value):
    """A language that a newsletter is written in."""

    language: str = Field(description="The code of the language.", examples=["en"])
    title: str = Field(description="The newsletter's name in this language.", examples=["The Letter"])
    consent_wording: str = Field(
        description="What subscribers agree to: show it next to the button.",
        examples=["I want to receive the newsletter by e-mail."],
    )
    privacy_statement: NewslettersPrivacyStatement | None = Field(
        description="The privacy statement: link to it next to the button. Null if there is none yet."
    )
    consent_version: str = Field(
        description="Changes with the wording and the statement: send it back with a request to subscribe.",
        examples=["8c1f04be52a96d37"],
    )
    own_fields: list[NewslettersOwnField] = Field(description="What else the sign-up form asks, in this language.")

    @classmethod
    def of(
        cls, text: NewsletterText, *, statement: PrivacyStatement | None, own_fields: Iterable[OwnField]
    ) -> NewslettersLanguage:
        """Return what the newsletter says of itself in one language."""
        return cls(
            language=text.locale.language_code,
            title=text.title,
            consent_wording=text.consent_wording,
            privacy_statement=NewslettersPrivacyStatement(url=statement.url, version=statement.version)
            if statement
            else None,
            consent_version=Agreement(wording=text.consent_wording, statement=statement).version,
            own_fields=[NewslettersOwnField.of(each, language=text.locale.language_code) for each in own_fields],
        )


class NewslettersNewsletter(Value):
    """A newsletter that people can subscribe to."""

    slug: str = Field(description="The newsletter's key in addresses.", examples=["newsletter"])
    name: str = Field(description="Its name.", examples=["The Letter"])
    languages: list[NewslettersLanguage] = Field(description="The languages it is written in.")

    @classmethod
    def of(cls, newsletter: Newsletter, *, site: Site, now: datetime) -> NewslettersNewsletter:
        """Return what the public may know of the newsletter on this site now."""
        texts = list(newsletter.texts.select_related("locale").order_by("locale__language_code"))
        statements = privacy_statements(texts, site=site, now=now)
        own_fields = OwnField.objects.asked_by(newsletter)
        languages = [
            NewslettersLanguage.of(text, statement=statements.get(text), own_fields=own_fields) for text in texts
        ]
        return cls(slug=newsletter.slug, name=newsletter.name, languages=languages)


class NewslettersIssueItem(Value):
    """An issue in the list of a newsletter's issues."""

    id: int = Field(description="The issue's page, as in `/pages/{id}`.", examples=[57])
    slug: str = Field(description="The issue's key in `/newsletters/{slug}/issues/{issue}`.", examples=["2026-11"])
    path: str = Field(description="The path of its page on the site.", examples=["/en/newsletter/2026-11/"])
    url: str = Field(
        description="Its page's full address.", examples=["https://hub.example.org/en/newsletter/2026-11/"]
    )
    title: str = Field(
        description="The issue's title in the requested language, else in its first language.",
        examples=["November 2026"],
    )
    issue_date: date = Field(description="The issue's date.", examples=["2026-11-24"])
    sent_at: datetime = Field(description="When sending began.", examples=["2026-11-24T08:00:00Z"])
    languages: list[str] = Field(description="The languages it was sent in.", examples=[["en", "nl"]])


class NewslettersIssueList(Value):
    """A slice of a newsletter's issues, the newest first."""

    count: int = Field(description="How many issues there are.", examples=[7])
    next: str | None = Field(
        description="The address of the next slice, if there is one.",
        examples=["https://hub.example.org/api/v1/newsletters/newsletter/issues?offset=20"],
    )
    previous: str | None = Field(description="The address of the slice before, if there is one.", examples=[None])
    items: list[NewslettersIssueItem] = Field(description="The issues of this slice.")


class NewslettersIssue(NewslettersIssueItem):
    """An issue in full."""

    editions: list[NewslettersEdition] = Field(description="The issue in each language.")


class NewslettersSubscriptionRequest(Value):
    """Who wants to subscribe, in which language, with which themes."""

    model_config = ConfigDict(extra="forbid")

    email: Annotated[str, AfterValidator(valid_email)] = Field(
        min_length=3,
        max_length=254,
        description="The address.",
        json_schema_extra={"format": "email"},
        examples=["reader@example.org"],
    )
    first_name: Annotated[str, AfterValidator(one_line)] = Field(
        default="", max_length=80, description="For the salutation; may be empty.", examples=["Sam"]
    )
    language: Annotated[str, AfterValidator(one_line)] = Field(
        max_length=12, description="One of the newsletter's languages.", examples=["en"]
    )
    themes: list[Annotated[str, AfterValidator(one_line)]] = Field(
        max_length=50,
        description="The slugs of the themes to follow: at least one, if `/site` lists any.",
        examples=[["data"]],
    )
    consent_version: Annotated[str, AfterValidator(one_line)] = Field(
        default="",
        max_length=64,
        description="The language's `consent_version`, if you showed its `consent_wording` and `privacy_statement`. "
        "Then both are kept as what the reader agreed to; if they have changed since, nothing is done (422).",
        examples=["8c1f04be52a96d37"],
    )
    own_fields: Answers = Field(
        default_factory=dict,
        max_length=MOST_ANSWERS,
        description="Answers to the newsletter's `own_fields` by their keys; leave out what was not answered.",
        examples=[{"organisation": "Neighbourhood house"}],
    )
    altcha: str = Field(
        default="",
        max_length=2000,
        description="The solution of a challenge of `/newsletters/{slug}/challenges`, as altcha's widget gives it. "
        "Without one, a hub that asks for a proof of work allows a client few requests an hour.",
        examples=[""],
    )
    leave_empty: str = Field(
        default="",
        max_length=200,
        description="A trap for bots: hide it from people and leave it empty.",
        examples=[""],
    )

    @model_validator(mode="wrap")
    @classmethod
    def _speak_its_language(cls, data: object, handler: ModelWrapValidatorHandler[Self]) -> Self:
        """Say what is wrong in the language of the request, if the hub speaks it."""
        language = data.get("language") if isinstance(data, dict) else None
        with translation.override(
            language if isinstance(language, str) and language in get_content_languages() else "en"
        ):
            return handler(data)


class NewslettersChallenge(Value):
    """A challenge for a proof of work: hand it to altcha's widget or library as it is."""

    parameters: dict[str, str | int | dict[str, str]] = Field(
        description="What to compute, in altcha's words (version 2, PBKDF2).",
        examples=[{"algorithm": "PBKDF2/SHA-256", "cost": 5000, "keyPrefix": "00", "nonce": "5f…", "salt": "c1…"}],
    )
    signature: str = Field(description="Shows that the challenge is the hub's.", examples=["9d4e…"])


class NewslettersSubscriptionAnswer(Value):
    """The answer to every request to subscribe, whether or not the address is known."""

    detail: str = Field(
        description="What happens next.",
        examples=["Thank you. We have sent a mail to this address. Open the link in it to go on."],
    )
