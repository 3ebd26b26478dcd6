"""The editions of an issue and their readers; staff name an edition by its language and the themes followed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import Count
from django.utils.translation import gettext as _
from wagtail.models import Locale

from newsletters.audience.queries import variants
from newsletters.audience.segments.rules import recipients_q
from newsletters.editions.compile_edition import is_for_readers, stories_for
from newsletters.editions.compile_issue import CompiledIssue
from newsletters.editions.content import IssueContent
from newsletters.models import ALL_READERS, Newsletter, Recipients, Subscription, ThemeSet
from newsletters.publications.few_people import few_people
from newsletters.publications.queries import theme_names


@dataclass(frozen=True, kw_only=True)
class EditionChoice:
    """An edition that staff can look at; `theme_set` is None for the one with every story.

    `key` is its name in addresses ("nl", "nl-12"), `people` is how many would get it now;
    `is_exact` says whether its line may tell that to whoever reads it, however few they are.
    """

    locale: Locale
    theme_set: ThemeSet | None
    themes: str
    people: int
    is_exact: bool = False

    @property
    def key(self) -> str:
        """Its name in addresses."""
        return f"{self.locale.language_code}-{self.theme_set.pk}" if self.theme_set else self.locale.language_code

    @property
    def followed(self) -> frozenset[str] | None:
        """The slugs of the followed themes, None for every story."""
        return frozenset(self.theme_set.key.split()) if self.theme_set else None

    @property
    def label(self) -> str:
        """The edition in one line: its language, its themes, its readers."""
        language = self.locale.get_display_name()
        if self.theme_set is None:
            return _("%(language)s: every story, as in the archive") % {"language": language}
        words = {"language": language, "themes": self.themes, "people": few_people(self.people, is_exact=self.is_exact)}
        return _("%(language)s: %(themes)s (%(people)s)") % words


@dataclass(frozen=True, kw_only=True)
class EditionRow:
    """What the readers of one variant get: a number of stories, or nothing, and the reason."""

    choice: EditionChoice
    subject: str
    preheader: str
    story_count: int
    reason: str = ""

    @property
    def is_sent(self) -> bool:
        """Whether these readers get a mail."""
        return not self.reason


def edition_choices(
    newsletter: Newsletter, *, to: Recipients = ALL_READERS, is_exact: bool = False
) -> list[EditionChoice]:
    """Return the recipients' editions: for each language the full one, then the others, the most read first."""
    names = theme_names()
    variant_choices = [
        EditionChoice(
            locale=variant.locale,
            theme_set=variant.theme_set,
            themes=_named(variant.theme_set, names=names),
            people=variant.people,
            is_exact=is_exact,
        )
        for variant in variants(newsletter, to=to)
    ]
    full = [EditionChoice(locale=locale, theme_set=None, themes="", people=0) for locale in newsletter.locales()]
    return [
        choice
        for full_choice in full
        for choice in (full_choice, *(choice for choice in variant_choices if choice.locale == full_choice.locale))
    ]


def find_edition(newsletter: Newsletter, *, key: str, is_exact: bool = False) -> EditionChoice:
    """Return the edition with this key, or the first language's full one if there is none."""
    choices = edition_choices(newsletter, is_exact=is_exact)
    return next((choice for choice in choices if choice.key == key), choices[0])


def edition_of(subscription: Subscription) -> EditionChoice:
    """Return the edition that a subscriber would get."""
    themes = _named(subscription.theme_set, names=theme_names())
    return EditionChoice(
        locale=subscription.locale, theme_set=subscription.theme_set, themes=themes, people=1, is_exact=True
    )


def edition_rows(compiled: CompiledIssue, newsletter: Newsletter, *, is_exact: bool = False) -> list[EditionRow]:
    """Return who gets what of a compiled issue, and who gets nothing and why."""
    rows = []
    for choice in edition_choices(newsletter, to=compiled.recipients, is_exact=is_exact):
        if choice.theme_set is None:
            continue
        rows.append(_row(choice, content=compiled.contents.get(choice.locale)))
    return rows + _in_other_languages(newsletter, to=compiled.recipients)


def _row(choice: EditionChoice, *, content: IssueContent | None) -> EditionRow:
    if content is None:
        reason = _("The issue says nothing in this language.")
        return EditionRow(choice=choice, subject="", preheader="", story_count=0, reason=reason)
    is_sent = is_for_readers(content, followed=choice.followed or ())
    return EditionRow(
        choice=choice,
        subject=content.text.subject,
        preheader=content.text.preheader,
        story_count=len(stories_for(content, followed=choice.followed)) + (content.lead is not None),
        reason="" if is_sent else _("No story is on these themes, and there is no lead story."),
    )


def _in_other_languages(newsletter: Newsletter, *, to: Recipients) -> list[EditionRow]:
    """Return the recipients in whose language the newsletter is no longer written."""
    others = (
        Subscription.objects.filter(newsletter=newsletter, status=Subscription.Status.ACTIVE)
        .filter(recipients_q(to, newsletter=newsletter))
        .exclude(locale__in=newsletter.locales())
        .values("locale")
        .annotate(people=Count("pk"))
        .order_by("-people")
    )
    locales = Locale.objects.in_bulk([row["locale"] for row in others])
    return [
        EditionRow(
            choice=EditionChoice(locale=locales[row["locale"]], theme_set=None, themes="–", people=row["people"]),
            subject="",
            preheader="",
            story_count=0,
            reason=_("The newsletter is not written in this language."),
        )
        for row in others
    ]


def _named(theme_set: ThemeSet, *, names: Mapping[str, str]) -> str:
    slugs = set(theme_set.key.split())
    if slugs and slugs >= set(names):
        return _("all themes")
    return " + ".join(name for slug, name in names.items() if slug in slugs) or _("no theme")
