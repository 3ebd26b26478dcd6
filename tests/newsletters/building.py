"""A small hub with a newsletter in two languages, built once and rolled back after each test."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.core.cache import cache
from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify
from wagtail.models import GroupPagePermission, Locale, Page, Site

from cms.models import HomePage, Theme, ThemeName
from newsletters.editions.compile_issue import CompiledIssue, compile_issue
from newsletters.exceptions import NotApproved
from newsletters.issues.actions.approve_issue import approve_issue
from newsletters.issues.actions.compose_issue import compose_issue
from newsletters.issues.actions.start_dispatch import start_dispatch
from newsletters.issues.page_sources import read_sources
from newsletters.models import (
    Approval,
    ConsentSource,
    Dispatch,
    IssuePage,
    Newsletter,
    NewsletterPage,
    NewsletterText,
    SignUp,
    Subscriber,
    Subscription,
    ThemeSet,
)
from newsletters.values.page_words import Source, page_key
from tests.conftest import add_page
from themes.models import ActivityPage, ArticlePage, ThemeIndexPage, ThemePage

PERMISSIONS = {
    "editor": (["add_page", "change_page"], ["access_admin", "add_issuepage"]),
    "approver": (["change_page"], ["access_admin", "approve_issuepage", "send_issuepage"]),
    "outsider": ([], ["access_admin"]),
}

INTROS = {"en": "<p>What moves us.</p>", "nl": "<p>Wat ons beweegt.</p>"}


@dataclass
class Hub:
    """What the tests start from: an issue that was composed and approved, staff, and nobody subscribed yet."""

    now: datetime
    site: Site
    locales: dict[str, Locale]
    themes: dict[str, Theme]
    sections: dict[str, ThemePage]
    newsletter: Newsletter
    page: NewsletterPage
    articles: dict[str, dict[str, Any]]
    users: dict[str, Any]
    issue: IssuePage
    is_edited: bool = False

    def subscribe(
        self,
        *names: str,
        language: str = "en",
        themes: Iterable[str] = ("data",),
        status: str = Subscription.Status.ACTIVE,
        domain: str = "example.org",
    ) -> list[Subscription]:
        """Make subscribers with these names, at name@example.org."""
        people = Subscriber.objects.bulk_create(
            Subscriber(email=f"{name}@{domain}", first_name=name.capitalize()) for name in names
        )
        theme_set = ThemeSet.of([self.themes[slug] for slug in themes])
        return Subscription.objects.bulk_create(
            Subscription(
                subscriber=person,
                newsletter=self.newsletter,
                locale=self.locales[language],
                theme_set=theme_set,
                status=status,
                status_changed_at=self.now,
            )
            for person in people
        )

    def ask(self, name: str, *, language: str = "en", themes: Iterable[str] = ("data",)) -> SignUp:
        """Make a request to subscribe that waits for its confirmation."""
        return SignUp.objects.create(
            email=f"{name}@example.org",
            first_name=name.capitalize(),
            newsletter=self.newsletter,
            locale=self.locales[language],
            theme_set=ThemeSet.of([self.themes[slug] for slug in themes]),
            source=ConsentSource.SIGN_UP,
            wording="Send me the letter each month.",
            requested_at=self.now,
        )

    def draft(self) -> IssuePage:
        """Return the issue as it was saved last."""
        return IssuePage.objects.get(pk=self.issue.pk).get_latest_revision_as_object()

    def edit(self, *, words: dict[str, dict[str, str]] | None = None, stories: list[Any] | None = None) -> IssuePage:
        """Save a change: `words` are fields of the issue's texts by language, `stories` the values of its blocks.

        A value in `stories` is a story's; pass another block as a tuple of its type and value.
        """
        issue = self.draft()
        texts = list(issue.texts.all())
        for text in texts:
            for name, value in (words or {}).get(text.locale.language_code, {}).items():
                setattr(text, name, value)
        issue.texts = texts
        if stories is not None:
            issue.remember(self.sources())
            body: Any = [story if isinstance(story, tuple) else ("story", story) for story in stories]
            issue.body = body
        issue.save_revision()
        self.is_edited = True
        return issue

    def write_in(self, *languages: str) -> IssuePage:
        """Save the issue with words in these languages only."""
        issue = self.draft()
        issue.texts = [text for text in issue.texts.all() if text.locale.language_code in languages]
        issue.save_revision()
        self.is_edited = True
        return issue

    def story(self, key: str, *, is_lead: bool = False, image: Any = None, **words: str) -> dict[str, Any]:
        """Return the value of a story block on one of the articles, in all its languages."""
        pages = self.articles[key]
        texts = [
            {
                "language": language,
                "title": words.get("title", page.title),
                "teaser": words.get("teaser", page.summary),
                "link_text": words.get("link_text", ""),
            }
            for language, page in pages.items()
        ]
        return {"page": pages["en"], "is_lead": is_lead, "texts": texts, "image": image}

    def sources(self) -> dict[str, Source]:
        """Return the articles' current words."""
        return read_sources([page_key(pages["en"]) for pages in self.articles.values()], site=self.site, now=self.now)

    def update_stories(self) -> None:
        """Update the issue with the articles' current words."""
        issue = self.draft()
        issue.remember(self.sources())
        issue.save_revision()
        self.is_edited = True

    def compile(self) -> CompiledIssue:
        """Compile the issue as it was saved last."""
        return compile_issue(self.draft(), newsletter=self.newsletter, now=self.now)

    def approve(self, *, left_out: Iterable[str] = ()) -> None:
        """Approve the issue as it was saved last."""
        issue, compiled = IssuePage.objects.get(pk=self.issue.pk), self.compile()
        user = self.users["approver"]
        seen = compiled.content_hash
        approve_issue(issue, seen_hash=seen, left_out=list(left_out), user=user, now=timezone.now())

    def start(self, *, left_out: Iterable[str] = ()) -> Dispatch:
        """Start sending the approved issue."""
        issue = IssuePage.objects.get(pk=self.issue.pk)
        return start_dispatch(issue, left_out=list(left_out), user=self.users["approver"], now=self.now)

    def send(self, *, left_out: Iterable[str] = ()) -> Dispatch:
        """Start sending the issue as it is; all changes count as approved."""
        if self.is_edited:
            self.approve_briefly()
        try:
            return self.start(left_out=left_out)
        except NotApproved:
            self.approve_briefly()
            return self.start(left_out=left_out)

    def send_one_more(self, title: str) -> Dispatch:
        """Compose a later issue around an article of its own, and start sending it."""
        self.compose_one_more(title)
        return self.send()

    def compose_one_more(self, title: str) -> None:
        """Compose a later issue around an article of its own, which is the issue from now on."""
        new = add_page(self.sections["data"], ArticlePage(title=title, slug=slugify(title)))
        later = self.now.replace(year=2030)
        self.issue = compose_issue(parent=self.page, user=self.users["editor"], now=later, chosen=[page_key(new)])
        self.edit(stories=[self.story("open-data")])

    def approve_briefly(self) -> None:
        """Approve without compiling twice."""
        Approval.objects.create(
            issue_id=self.issue.pk,
            content_hash=self.compile().content_hash,
            approved_by=self.users["approver"],
            approved_at=timezone.now(),
        )


@contextmanager
def rolled_back(blocker: Any) -> Iterator[None]:
    """Undo everything that the block does to the database; for fixtures that several tests share.

    Tests within run in savepoints; none of them may need a transaction of its own. `blocker` is `django_db_blocker`.
    """
    with blocker.unblock():
        around: Any = transaction.atomic()
        around._from_testcase = True  # noqa: SLF001 - as Django marks the transaction of its own TestCase
        around.__enter__()
    try:
        yield
    finally:
        with blocker.unblock():
            transaction.set_rollback(True)
            around.__exit__(None, None, None)


def build_hub() -> Hub:
    """Build the hub in an empty database, or in one that still has Wagtail's welcome page."""
    now = timezone.now()
    locales = {code: Locale.objects.get_or_create(language_code=code)[0] for code in ("en", "nl")}
    homes = _homes(locales)
    themes = {
        "data": _theme("data", locales, en="Data", nl="Gegevens"),
        "power": _theme("power", locales, en="Civic power", nl="Burgerkracht"),
        "climate": _theme("climate", locales, en="Climate", nl="Klimaat"),
    }
    sections = _sections(homes, locales, themes=themes)
    articles = _articles(sections, locales, themes=themes, now=now)
    newsletter = _newsletter(locales)
    page = add_page(homes["en"], NewsletterPage(title="The letter", slug="letter", newsletter=newsletter))
    users = _users()
    cache.clear()
    issue = compose_issue(parent=page, user=users["editor"], now=now)
    texts = list(issue.texts.all())
    for text in texts:
        text.intro = INTROS[text.locale.language_code]
    issue.texts = texts
    issue.save_revision(user=users["editor"])
    hub = Hub(
        now=now,
        site=Site.objects.get(is_default_site=True),
        locales=locales,
        themes=themes,
        sections={slug: pages["en"] for slug, pages in sections.items()},
        newsletter=newsletter,
        page=page,
        articles=articles,
        users=users,
        issue=issue,
    )
    hub.approve()
    return hub


def _homes(locales: dict[str, Locale]) -> dict[str, Page]:
    Site.objects.all().delete()
    Page.objects.filter(depth__gt=1).delete()
    root = Page.objects.filter(depth=1).first() or Page.add_root(title="Root", slug="root", locale=locales["en"])
    home = add_page(root, HomePage(title="Hub", slug="home", locale=locales["en"]))
    Site.objects.create(hostname="hub.test", port=80, site_name="Innovation Hub", root_page=home, is_default_site=True)
    dutch = HomePage(title="De hub", slug="start", locale=locales["nl"], translation_key=home.translation_key)
    return {"en": home, "nl": add_page(root, dutch)}


def _theme(slug: str, locales: dict[str, Locale], **names: str) -> Theme:
    theme = Theme.objects.create(slug=slug, colour="#1c6f9c", position=Theme.objects.count())
    for code, name in names.items():
        ThemeName.objects.create(theme=theme, locale=locales[code], name=name)
    return theme


def _in_both(parents: dict[str, Page], locales: dict[str, Locale], make: Any, **published: Any) -> dict[str, Any]:
    english = add_page(parents["en"], make("en"), **published)
    dutch = make("nl")
    dutch.locale, dutch.translation_key = locales["nl"], english.translation_key
    return {"en": english, "nl": add_page(parents["nl"], dutch, **published)}


def _sections(homes: dict[str, Page], locales: dict[str, Locale], *, themes: dict[str, Theme]) -> dict[str, Any]:
    index = _in_both(homes, locales, lambda code: ThemeIndexPage(title=f"Themes {code}", slug="themes"))
    old = timezone.now() - timedelta(days=400)
    return {
        slug: _in_both(
            index,
            locales,
            lambda code, slug=slug: ThemePage(title=f"{slug.title()} {code}", slug=slug, theme=themes[slug]),
            first_published_at=old,
        )
        for slug in ("data", "power")
    }


def _articles(sections: Any, locales: dict[str, Locale], *, themes: dict[str, Theme], now: datetime) -> dict[str, Any]:
    titles = {
        "open-data": {"en": "Open data for all", "nl": "Open data voor iedereen"},
        "town-meeting": {"en": "A town meeting", "nl": "Een dorpsvergadering"},
    }
    under = {"open-data": "data", "town-meeting": "power", "open-day": "data"}
    starts_at = now + timedelta(days=10)

    def article(slug: str) -> Any:
        return lambda code: ArticlePage(title=titles[slug][code], slug=slug, summary=f"Summary of {slug} in {code}.")

    def activity(code: str) -> ActivityPage:
        title = {"en": "Open day", "nl": "Open dag"}[code]
        end = starts_at + timedelta(hours=2)
        return ActivityPage(title=title, slug="open-day", starts_at=starts_at, ends_at=end, place="Utrecht")

    made = {"open-data": article("open-data"), "town-meeting": article("town-meeting"), "open-day": activity}
    pages = {
        slug: _in_both(sections[under[slug]], locales, make, first_published_at=now - timedelta(days=1))
        for slug, make in made.items()
    }
    for slug, both in pages.items():
        for page in both.values():
            page.themes.add(themes[under[slug]])
            page.save()
    return pages


def _newsletter(locales: dict[str, Locale]) -> Newsletter:
    newsletter = Newsletter(
        name="The Letter",
        slug="letter",
        sender_name="Innovation Hub",
        sender_email="letter@hub.test",
        reply_to="answers@hub.test",
        postal_address="Ellermanstraat 18\n1114 AK Amsterdam",
        registration_number="34214586",
    )
    newsletter.texts.set(
        [
            NewsletterText(
                locale=locales["en"],
                title="The Letter",
                consent_wording="Send me the letter each month.",
                privacy_link="https://hub.test/privacy",
                privacy_version="May 2026",
            ),
            NewsletterText(
                locale=locales["nl"],
                title="De Brief",
                consent_wording="Stuur mij elke maand de brief.",
                privacy_link="https://hub.test/privacy-nl",
                privacy_version="Mei 2026",
            ),
        ]
    )
    newsletter.save()
    return newsletter


def _users() -> dict[str, Any]:
    model = get_user_model()
    users = {"administrator": model.objects.create_superuser("administrator", "administrator@hub.test", "x")}
    root = Page.objects.get(depth=1)
    for name, (on_pages, others) in PERMISSIONS.items():
        group = Group.objects.create(name=f"{name}s")
        group.permissions.set(Permission.objects.filter(codename__in=others))
        for permission in Permission.objects.filter(codename__in=on_pages, content_type__app_label="wagtailcore"):
            GroupPagePermission.objects.create(group=group, page=root, permission=permission)
        users[name] = model.objects.create_user(name, f"{name}@hub.test", "x")
        users[name].groups.add(group)
    return users
