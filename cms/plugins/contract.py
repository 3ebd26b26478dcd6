"""The plugin contract: how an app becomes part of the hub, and what its `plugin.py` may declare.

No Django is imported here, because settings call `discover()` before Django is set up.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from django.db.models import Q
    from django.utils.functional import Promise
    from ninja import Router
    from pydantic import BaseModel

    from cms.plugins.issue_blocks import IssueBlockKind, StorySection
    from cms.plugins.issue_checks import IssueCheck

    # PageType has a field called `type`, which hides the built-in within the class.
    SummarySchema = type["Summary"]
    DetailSchema = type["Detail"]

# Each plugin's functions take the classes and values of its own, which the contract cannot name.
SpecificPage: TypeAlias = Any  # a page of the plugin's own class
StoredValue: TypeAlias = Any  # JSON, as the kind's form stores it
WagtailSite: TypeAlias = Any  # without Wagtail, which the contract does not import

ENTRY_POINT_GROUP = "innovation_hub.plugins"
CONTRACT = 2  # 2: kinds of block for pages and issues, sections of stories


@dataclass(frozen=True, kw_only=True)
class References:
    """What is pointed at: primary keys, and the addresses of embeds; `cards` are pages of which more is shown than a
    link."""

    images: frozenset[int] = frozenset()
    documents: frozenset[int] = frozenset()
    pages: frozenset[int] = frozenset()
    embeds: frozenset[str] = frozenset()
    cards: frozenset[int] = frozenset()

    def __or__(self, other: References) -> References:
        return References(
            images=self.images | other.images,
            documents=self.documents | other.documents,
            pages=self.pages | other.pages,
            embeds=self.embeds | other.embeds,
            cards=self.cards | other.cards,
        )


class Summary(Protocol):
    """What the API says of a page in lists: `cms.api.schemas.PageSummary`, and what builds on it."""

    @classmethod
    def build(cls, *, page: SpecificPage, context: Any) -> Any:  # noqa: ANN401 - a BuildContext, and the schema itself
        """Return what this schema says of `page`, the specific page."""

    @classmethod
    def references(cls, *, page: SpecificPage) -> References:
        """Return what building will look up beside the page's image and body."""


class Detail(Summary, Protocol):
    """What the API says of a page in its own view: `cms.api.schemas.PageDetail`, and what builds on it."""

    def schema_org(self) -> dict[str, Any]:
        """Return what the page is about in the words of schema.org."""

    def content_html(self) -> str:
        """Return the content as plain HTML with absolute links."""


@dataclass(frozen=True, kw_only=True)
class StoredBlock:
    """A block as a page's row holds it: `value` is JSON, `locale_id` the language of the page that it stands in."""

    id: str | None
    value: StoredValue
    locale_id: int


@dataclass(frozen=True, kw_only=True)
class BlockKind:
    """One kind of block of which the bodies of pages are made.

    `name` is the stable public word that readers of the API switch on. `form` makes the Wagtail block in which editors
    write it. `schema` is what the API says of it, a subclass of `cms.api.values.BodyBlock` whose `type` is this name;
    `build` takes the stored block and the `BuildContext`, and returns it, or None if it shows only what is not public.
    `template` shows what was built as `value`, on plain pages and, without scripts and styles, in feeds and Markdown.
    `references` takes the stored value and returns what `build` will look up, so that any number of pages is loaded in
    one go.
    """

    name: str
    form: Callable[[], Any]
    schema: type[BaseModel]
    build: Callable[[StoredBlock, Any], Any]
    template: str
    references: Callable[[StoredValue], References] = lambda _value: References()


@dataclass(frozen=True, kw_only=True)
class PageFilter:
    """A query parameter of `/api/v1/pages` for pages of one type; given, it leaves out pages of other types.

    `lookup` is a Django lookup on the page model ("starts_at__gte"), or a function from the value and the time now
    to a Q. `annotation` is the type of the parameter as Pydantic reads it (int, a Literal). Types may share a name
    if they share the annotation too.
    """

    name: str
    lookup: str | Callable[[Any, datetime], Q]
    annotation: Any
    description: str


@dataclass(frozen=True, kw_only=True)
class FeedText:
    """What a feed tells of a page: `title` and `summary` as plain text, `html` whole, with absolute links."""

    title: str
    summary: str
    html: str


@dataclass(frozen=True, kw_only=True)
class Feed:
    """That pages of one type stand in feeds, and how.

    A feed in a language holds the public pages in that language and tells them by their own words. A type whose
    words stand elsewhere gives both of these: `having` takes a language's code and returns a Django `Q` for the
    pages that have words in it; `texts` takes such pages and the code and returns the words by the pages' keys,
    in a number of queries that does not depend on how many pages there are.
    """

    having: Callable[[str], Q] | None = None
    texts: Callable[[Sequence[SpecificPage], str], Mapping[int, FeedText]] | None = None


@dataclass(frozen=True, kw_only=True)
class CalendarEntry:
    """When and where that is which pages of one type announce; such pages stand in the calendar.

    `starts_at` and `ends_at` name fields of the model that hold a date and time. `place` takes the specific
    page and returns plain words in the active language, empty if it is nowhere in particular. `time_zone` takes the
    page and returns the zone in which to show its times; None for the site's own. When it is over, there is a new
    version of the content.
    """

    starts_at: str
    ends_at: str
    place: Callable[[SpecificPage], str] = lambda _page: ""
    time_zone: Callable[[SpecificPage], ZoneInfo | None] = lambda _page: None


@dataclass(frozen=True, kw_only=True)
class PageType:
    """One page model in the Content API.

    `model` is a Django model label, `type` the stable public word that readers of the API switch on. `orders` are
    fields of the model (times, numbers) by which lists can be ordered, under the same names; `related` are its
    foreign keys that the schemas follow, so that they are read with the pages. With `feed` its pages stand in
    feeds, with `calendar` in the calendar.
    """

    model: str
    type: str
    summary: SummarySchema
    detail: DetailSchema
    filters: tuple[PageFilter, ...] = ()
    orders: tuple[str, ...] = ()
    related: tuple[str, ...] = ()
    feed: Feed | None = None
    calendar: CalendarEntry | None = None


@dataclass(frozen=True, kw_only=True)
class StoryCard:
    """How pages of one type become stories of a newsletter issue.

    `type` names a `PageType` of the same plugin. `mjml` and `text` are template paths; both are given `story`,
    `language` and `look` (see `newsletters.editions.template_values`). `facts` takes the specific page and returns
    JSON-serialisable extras for these templates (dates, a place) in the active language and time zone. `link_text`
    takes the page and returns the words of the story's link in the active language, for pages that name none ("See
    the programme"); without it the link says "Go to" and the title. Each template shows that link:
    `cms/mail/_link.html` and `cms/mail/_link.txt` are there to be included. `section` names the part of the mail in
    which the story stands, a `StorySection`. `column` is the path of a template for newsletters that show two
    stories beside each other: one `mj-column` of 48%, as mails shrink; without it the story takes the whole width
    there too. `starts_at` returns when that which the page announces begins, None if it announces nothing; what has
    begun is not gathered any more, what is to come stands in order of time.
    """

    type: str
    section: str
    mjml: str
    text: str
    column: str = ""
    facts: Callable[[SpecificPage], Mapping[str, Any]] = lambda _page: {}
    link_text: Callable[[SpecificPage], str] = lambda _page: ""
    starts_at: Callable[[SpecificPage], datetime | None] = lambda _page: None


@dataclass(frozen=True, kw_only=True)
class SiteSection:
    """Something a plugin shows under `/api/v1/site`: `build` takes the Wagtail site and returns JSON data."""

    name: str
    build: Callable[[WagtailSite], Mapping[str, object]]


@dataclass(frozen=True, kw_only=True)
class WebhookEvent:
    """Something that webhooks tell: `name` is a stable public name, `label` says it to staff.

    The name is made of lower-case words with dots between them ("page.published").
    The plugin that declares it calls `cms.webhooks.announce.announce` when it has happened.
    """

    name: str
    label: str | Promise


@dataclass(frozen=True, kw_only=True)
class PersonalEvent(WebhookEvent):
    """An event about a person: only staff with the right `permission` ("hub_x.view_y") can let a webhook have it.

    What is announced (`announce_about`) names the person by a random id, and is kept. `complete` takes it when the
    message is sent, and returns the data of the message by the schema `data`, or None if the person is gone: then
    nothing is sent.
    """

    permission: str
    data: type[BaseModel]
    complete: Callable[[Mapping[str, str]], BaseModel | None]


@dataclass(frozen=True, kw_only=True)
class ClockJob:
    """Something to be done again and again, by one process at a time: `manage.py clock` calls `run`.

    `run` takes nothing, may be called twice, and is quick: what takes longer than seconds it puts into a task.
    """

    name: str
    every_seconds: int
    run: Callable[[], object]


@dataclass(frozen=True, kw_only=True)
class Plugin:
    """What an app adds to the hub beyond models, templates and hooks, which Django and Wagtail find alone.

    `contract` is the number of the contract that the plugin is made for, or the lowest and the highest of those that
    it can live with.

    `router` is mounted at `/api/v1/<name>/`. `content` names the models (labels), beside its pages, whose rows show in
    what the public gets: a change of one makes a new version of the content. What changes rows without a signal
    (`update()`, `bulk_create()`, SQL) calls `cms.content.version.content_changed` in its transaction.
    `issue_checks` are passed by each issue of a newsletter before it is approved and sent. `blocks` are kinds of
    block that editors may put into the body of any page, `issue_blocks` those that they may put into an issue of a
    newsletter; a new kind needs no migration. `story_sections` are parts of a mail, for story cards of this and
    other plugins. `distribution` names the package on the registry that brings it.
    """

    name: str
    contract: int | tuple[int, int]
    pages: tuple[PageType, ...] = ()
    router: Router | None = None
    story_cards: tuple[StoryCard, ...] = ()
    settings: tuple[SiteSection, ...] = ()
    content: tuple[str, ...] = ()
    events: tuple[WebhookEvent, ...] = ()
    clock: tuple[ClockJob, ...] = ()
    issue_checks: tuple[IssueCheck, ...] = ()
    blocks: tuple[BlockKind, ...] = ()
    issue_blocks: tuple[IssueBlockKind, ...] = ()
    story_sections: tuple[StorySection, ...] = ()
    distribution: str = field(default="innovation-hub")

    @property
    def contracts(self) -> tuple[int, int]:
        """The lowest and the highest contract that it can live with."""
        return (self.contract, self.contract) if isinstance(self.contract, int) else self.contract


def discover(*, disabled: Collection[str] = ()) -> list[str]:
    """Return the import paths of the installed plugins' apps, sorted, without those named in `disabled`."""
    return sorted({entry.value for entry in plugin_entry_points() if entry.name not in disabled})


def plugin_entry_points() -> list[EntryPoint]:
    """Return what packages declare under the plugins' entry-point group, sorted by name."""
    return sorted(entry_points(group=ENTRY_POINT_GROUP), key=lambda entry: entry.name)
