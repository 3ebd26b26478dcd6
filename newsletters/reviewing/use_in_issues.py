"""Which issues that were not sent yet use a page, a picture, a document or a theme: said before it goes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Exists, Model, OuterRef
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from wagtail.admin import messages
from wagtail.documents import get_document_model
from wagtail.images import get_image_model
from wagtail.models import Page

from cms.confirming import Caution
from cms.local_time import in_words
from cms.models import HubPage, Theme
from cms.plugins import References
from cms.references import rich_text_references
from newsletters.models import Dispatch, IssuePage, Schedule
from newsletters.reviewing.standing import Standing, standings

MOST_NAMED = 3


@dataclass(frozen=True, kw_only=True)
class Use:
    """An issue, how it stands, and which of the things it uses."""

    stands: Standing
    things: tuple[Model, ...]

    @property
    def schedule(self) -> Schedule | None:
        """When it is to be sent, None if nobody chose a time."""
        schedule = self.stands.schedule
        return schedule if schedule and schedule.status == Schedule.Status.WAITING else None

    @property
    def words(self) -> dict[str, Any]:
        """What the messages about it say."""
        names = [f"“{_name(thing)}”" for thing in self.things]
        named, rest = names[:MOST_NAMED], len(names) - MOST_NAMED
        things = ", ".join(named)
        if rest > 0:
            things = _("%(things)s and %(count)s more") % {"things": things, "count": rest}
        return {
            "issue": self.stands.issue.get_admin_display_title(),
            "things": things,
            "at": self.schedule.at if self.schedule else "",
        }


def say_which_issues_use(things: Sequence[Model]) -> Iterator[Caution]:
    """Yield what is to be said of each issue that would lose one of these things."""
    for use in uses_of(things, now=timezone.now()):
        if use.schedule:
            words = _(
                "The issue “%(issue)s” uses %(things)s and is scheduled for %(at)s. If you go on, its approval is "
                "void, and it is not sent then unless it is approved again."
            )
        elif use.stands.is_approved:
            words = _(
                "The issue “%(issue)s” uses %(things)s and is approved. If you go on, it needs a new approval before "
                "it can be sent."
            )
        else:
            words = _("The issue “%(issue)s”, which is not approved yet, uses %(things)s.")
        is_grave = bool(use.schedule or use.stands.is_approved)
        yield Caution(words=words % use.words, is_grave=is_grave, url=_review(use), link=_("Look at the issue"))


def say_what_expires_too_early(request: HttpRequest, page: Any) -> None:
    """After somebody gave a page an expiry date: which issues would be sent without it, or may be."""
    draft = page.get_latest_revision_as_object() if request.accepts("text/html") else None
    if draft is None or draft.expire_at is None:
        return
    for use in uses_of([draft], now=timezone.now()):
        if use.schedule and use.schedule.send_at < draft.expire_at:
            continue
        expires = in_words(draft.expire_at, zone=use.stands.issue.newsletter.zone)
        words = (
            _(
                "%(things)s expires on %(expires)s, before the issue “%(issue)s”, which uses it, is sent on %(at)s. "
                "Its approval is void then, and it is not sent."
            )
            if use.schedule
            else _("%(things)s expires on %(expires)s. After that, the issue “%(issue)s” cannot tell it any more.")
        )
        say = messages.warning if use.schedule or use.stands.is_approved else messages.info
        button = messages.button(_review(use), _("Look at the issue"))
        say(request, words % (use.words | {"expires": expires}), buttons=[button])


def _review(use: Use) -> str:
    return reverse("newsletters_admin:review", args=[use.stands.issue.pk])


def _name(thing: Any) -> str:
    return thing.get_admin_display_title() if isinstance(thing, Page) else str(thing)


def uses_of(things: Sequence[Model], *, now: datetime) -> list[Use]:
    """Return the issues that are not sent and use any of these, those that are sent first at the head."""
    sent = Dispatch.objects.filter(issue=OuterRef("pk")).exclude(status=Dispatch.Status.CANCELLED)
    issues = list(IssuePage.objects.filter(~Exists(sent)).select_related("latest_revision"))
    contents = {issue: _content(issue) for issue in issues}
    pointed = {issue: _references(content) for issue, content in contents.items()}
    known = _translations({key for each in pointed.values() for key in each.pages})
    used = {
        issue: _used(things, references=references, known=known, remembered=contents[issue].get("remembered") or {})
        for issue, references in pointed.items()
    }
    stands = standings([issue for issue, found in used.items() if found], now=now)
    uses = [Use(stands=stands[issue.pk], things=tuple(found)) for issue, found in used.items() if found]
    return sorted(uses, key=lambda use: use.schedule.send_at.timestamp() if use.schedule else float("inf"))


def _content(issue: IssuePage) -> dict[str, Any]:
    """Return the issue as it was saved last, as it is stored: nothing that it points at is loaded."""
    content: dict[str, Any] = issue.latest_revision.content if issue.latest_revision else issue.serializable_data()
    return content


def _references(stored: Mapping[str, Any]) -> References:
    blocks = json.loads(stored.get("body") or "[]")
    texts = [text.get("intro") or "" for text in stored.get("texts", [])]
    found = References()
    for value in (block["value"] for block in blocks if isinstance(block["value"], Mapping)):
        rows = [row.get("value", row) for row in value.get("texts") or []]
        texts += [row["text"] for row in rows if isinstance(row.get("text"), str)]
        found |= References(pages=_key(value.get("page")), images=_key(value.get("image")))
    for text in texts:
        found |= rich_text_references(text)
    return found


def _key(stored: Any) -> frozenset[int]:
    return frozenset({stored} if isinstance(stored, int) else ())


def _translations(keys: Iterable[int]) -> dict[int, UUID]:
    """Return what the pages with these keys share with their translations."""
    return dict(Page.objects.filter(pk__in=list(keys)).values_list("pk", "translation_key"))


def _used(
    things: Sequence[Model], *, references: References, known: Mapping[int, UUID], remembered: Mapping[str, Any]
) -> list[Model]:
    """Return those of the things that an issue uses; pictures of its stories are `remembered`, also of dropped ones."""
    stories = {known[key] for key in references.pages if key in known}
    told = [words for key in stories for words in remembered.get(str(key), {}).values()]
    for words in told:
        references |= References(images=_key(words.get("image")))
    return [thing for thing in things if _is_used(thing, references=references, stories=stories)]


def _is_used(thing: Any, *, references: References, stories: set[UUID]) -> bool:
    if isinstance(thing, Page):
        return thing.translation_key in stories
    if isinstance(thing, get_image_model()):
        return thing.pk in references.images
    if isinstance(thing, get_document_model()):
        return thing.pk in references.documents
    if isinstance(thing, Theme):
        return HubPage.objects.filter(translation_key__in=stories, themes=thing).exists()
    return False
