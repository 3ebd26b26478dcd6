"""Checks for a plugin author's tests: does the plugin keep the contract, and can its pages be shown?"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime
from types import SimpleNamespace
from typing import Any

from bs4 import BeautifulSoup
from django.contrib.contenttypes.models import ContentType
from django.core.checks import CheckMessage
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.template.loader import render_to_string
from django.utils import timezone
from wagtail import blocks
from wagtail.models import Locale, Site

from cms.api.build import build_detail, build_summaries
from cms.api.context import BuildContext
from cms.api.feeds.items import build_items
from cms.api.markdown import page_markdown
from cms.api.routes.page_query import SHARED_PARAMETERS
from cms.models import HubPage
from cms.plugins import BlockKind, PageType, Plugin, StoredBlock, StoryCard
from cms.plugins.fences import SLOW_SECONDS, gathering_faults
from cms.plugins.issue_checks import IssueToCheck, MailToCheck, SenderToCheck, StoryToCheck
from cms.plugins.registry import find_model, plugins
from cms.plugins.rules import RULES, filters_are_clear, names_are_unique, sections_are_there

EXAMPLE_MAIL = """<!doctype html><html lang="en" dir="ltr"><body>
<h1>November</h1><p>%%salutation%%</p>
<h2><a href="https://hub.test/en/open-data/">Open data for all</a></h2>
<img src="https://hub.test/media/open-data.jpg" alt="A map on a wall" width="600"><p>Who decides?</p>
<a href="https://hub.test/en/open-data/">Read how villages use open data</a>
<a href="%%preferences_url%%">Change</a> <a href="%%unsubscribe_url%%">Unsubscribe</a></body></html>"""

EXAMPLE_LOOK = SimpleNamespace(
    **dict.fromkeys(("ink", "on_sun", "quiet", "link", "dark_page", "dark_paper"), "#1d1d2b"),
    **dict.fromkeys(("paper", "page", "sun", "dark_ink", "dark_link", "dark_quiet"), "#ffffff"),
    **dict.fromkeys(("heading_font", "body_font"), "Arial, sans-serif"),
    columns=2,
)


PLAIN_VALUES: dict[type[blocks.Block], Callable[[], object]] = {
    **dict.fromkeys((blocks.CharBlock, blocks.TextBlock), lambda: "Who decides?"),
    **dict.fromkeys((blocks.IntegerBlock, blocks.FloatBlock, blocks.DecimalBlock), lambda: 1),
    blocks.DateBlock: timezone.localdate,
    blocks.DateTimeBlock: timezone.now,
    blocks.RichTextBlock: lambda: "<p>Who decides?</p>",
    blocks.URLBlock: lambda: "https://hub.test/",
}


def check_plugin(plugin: Plugin, *, examples: Mapping[str, HubPage] | None = None) -> None:
    """Assert that `plugin`, which is installed, keeps the contract; needs a database with a Wagtail site.

    Each page type must build a summary and a detail, and its story card must have facts that are JSON and templates
    that show the story's link. The page is taken from `examples` (specific pages by type) or else is an unsaved page
    with plain values. Markdown, feeds and the calendar must show the page. Its block kinds must make a form, build an
    example and show it. Its site sections must be JSON. Its issue checks must find nothing in a flawless issue.
    Nothing may take longer than SLOW_SECONDS. `newsletters.testing.check_mail_parts` checks what the plugin adds to
    mails.
    """
    broken = contract_problems(plugin)
    assert not broken, "\n".join(f"{message.id}: {message.msg} {message.hint}" for message in broken)  # noqa: S101
    cards = {card.type: card for card in plugin.story_cards}
    for page_type in plugin.pages:
        page = (examples or {}).get(page_type.type) or example_page(page_type)
        with without_faults():
            _check_schemas(page_type, page)
        if card := cards.get(page_type.type):
            _check_card(card, page)
    for kind in plugin.blocks:
        _check_block(kind)
    for section in plugin.settings:
        json.dumps(dict(section.build(Site.objects.get(is_default_site=True))), cls=DjangoJSONEncoder)
    for check in plugin.issue_checks:
        found = list(check.run(example_issue()))
        assert not found, f"{check.name} has findings for the example: {found}"  # noqa: S101


def contract_problems(plugin: Plugin) -> list[CheckMessage]:
    """Return the rules of the contract that `plugin` breaks, alone or together with the other installed plugins."""
    every = [*(installed for installed in plugins() if installed.name != plugin.name), plugin]
    return [
        *(message for rule in RULES for message in rule(plugin)),
        *names_are_unique(every),
        *sections_are_there(every),
        *filters_are_clear(every, taken=SHARED_PARAMETERS),
    ]


def example_page(page_type: PageType) -> HubPage:
    """Return an unsaved page of this type on the default site, with plain values in its required fields."""
    model: Any = find_model(page_type.model)
    inherited = {HubPage, *HubPage._meta.get_parent_list()}
    values = {
        field.name: _plain_value(field)
        for field in model._meta.concrete_fields
        if field.model not in inherited and not field.is_relation
        if not field.has_default() and not field.blank
    }
    site = Site.objects.select_related("root_page").get(is_default_site=True)
    page: HubPage = model(title="Example", slug="example", **values)
    page.pk = page.id = 0
    page.path, page.depth = f"{site.root_page.path}0000", site.root_page.depth + 1
    page.url_path = f"{site.root_page.url_path}example/"
    page.locale = Locale.objects.get(pk=site.root_page.locale_id)
    page.content_type = ContentType.objects.get_for_model(model)
    return page


def example_issue(**changes: Any) -> IssueToCheck:  # noqa: ANN401 - fields of a MailToCheck
    """Return an issue with one mail and one story, and without problems; `changes` are applied to the mail."""
    story = StoryToCheck(
        type="article",
        title="Open data for all",
        teaser="Who decides?",
        link_text="Read how villages use open data",
        url="https://hub.test/en/open-data/",
        block_id="block-1",
        pictures=("https://hub.test/media/open-data.jpg",),
    )
    mail = MailToCheck(
        language="en",
        direction="ltr",
        newsletter="The Letter",
        subject="What moves citizens",
        preheader="Stories from villages and panels.",
        title="November",
        html=EXAMPLE_MAIL,
        text="Open data for all\n→ https://hub.test/en/open-data/\n\nUnsubscribe: %%unsubscribe_url%%\n",
        stories=(story,),
    )
    return IssueToCheck(
        now=timezone.now(),
        sender=SenderToCheck(
            name="Innovation Hub", email="letter@hub.test", reply_to="answers@hub.test", postal_address="Amsterdam"
        ),
        mails=(replace(mail, **changes),),
        own_hosts=frozenset({"hub.test"}),
    )


def _check_schemas(page_type: PageType, page: HubPage) -> None:
    site, now = Site.objects.get(is_default_site=True), timezone.now()
    (summary,) = build_summaries(pages=[page], site=site, now=now)
    detail = build_detail(page=page, site=site, now=now)
    for built, schema in ((summary, page_type.summary), (detail, page_type.detail)):
        assert type(built) is schema, f"{page_type.type}: built {type(built)}, not {schema}"  # noqa: S101
        assert json.loads(built.model_dump_json())["type"] == page_type.type  # noqa: S101
    assert page.title in page_markdown(detail)  # noqa: S101
    if page_type.feed and not page_type.feed.having:
        (item,) = build_items(pages=[page], language=page.locale.language_code, site=site, now=now)
        assert item.title == page.title  # noqa: S101
    if page_type.calendar:
        assert isinstance(page_type.calendar.place(page), str)  # noqa: S101


@contextmanager
def without_faults() -> Iterator[None]:
    """Assert that the block causes no faults behind fences, and that it is fast."""
    began = time.monotonic()
    with gathering_faults() as faults:
        yield
    assert not faults, "\n".join(f"{fault.part} of {fault.about}: {fault.error}" for fault in faults)  # noqa: S101
    seconds = time.monotonic() - began
    assert seconds < SLOW_SECONDS, f"It took {seconds:.1f} s, which is too slow for a list"  # noqa: S101


def example_value(block: blocks.Block) -> Any:  # noqa: ANN401 - of the block's own type
    """Return a plain value for a block of a form, as its form would give it, with text where possible."""
    if isinstance(block, blocks.StructBlock):
        made = {name: example_value(child) for name, child in block.child_blocks.items()}
        return block.to_python(block.get_prep_value(block.normalize(made)))
    if isinstance(block, blocks.ListBlock):
        return block.normalize([example_value(block.child_block)])
    if isinstance(block, blocks.ChoiceBlock):
        return next((value for value, _label in block.field.choices if value), None)
    plain = PLAIN_VALUES.get(type(block))
    return block.to_python(plain()) if plain else block.get_default()


def _check_block(kind: BlockKind) -> None:
    """Assert that an example of the block can be stored, built and shown, unless there is nothing to show."""
    form: blocks.Block = kind.form()
    form.set_name(kind.name)
    value = form.get_prep_value(example_value(form))
    site, now = Site.objects.get(is_default_site=True), timezone.now()
    context = BuildContext(site=site, now=now, pages=[], references=kind.references(value))
    stored = StoredBlock(id="1", value=json.loads(json.dumps(value)), locale_id=site.root_page.locale_id)
    with without_faults():
        built = kind.build(stored, context)
    if built is not None:
        assert type(built) is kind.schema, f"{kind.name}: built {type(built)}, not {kind.schema}"  # noqa: S101
        assert render_to_string(kind.template, {"value": built}).strip(), f"{kind.template} shows nothing"  # noqa: S101


def _check_card(card: StoryCard, page: HubPage) -> None:
    assert isinstance(card.link_text(page), str), f"{card.type}: link_text does not return a string"  # noqa: S101
    story = _example_story(card, page)
    context = {"story": story, "language": "en", "direction": "ltr", "look": EXAMPLE_LOOK}
    text = render_to_string(card.text, context)
    leads = story.link_text in text and f"→ {story.url}" in text
    assert leads, f'{card.text} shows no link: add {{% include "cms/mail/_link.txt" %}}'  # noqa: S101
    for name in filter(None, (card.mjml, card.column)):
        markup = BeautifulSoup(render_to_string(name, context), "html.parser")
        links = markup.find_all(href=story.url)
        shown = [link for link in links if link.get("aria-hidden") != "true" and not link.find_parent(["h2", "h3"])]
        seen = {" ".join(link.get_text().split()) for link in shown}
        assert story.link_text in seen, f'{name} shows no link: add {{% include "cms/mail/_link.html" %}}'  # noqa: S101
        _check_directions(name, markup, story)
        has_teaser = story.teaser in markup.get_text()
        assert has_teaser == (story.teaser in text), f"Only one of {name} and {card.text} shows the teaser"  # noqa: S101


def _check_directions(name: str, markup: BeautifulSoup, story: SimpleNamespace) -> None:
    """Assert that the editor's texts set their own direction, whatever the mail's language."""
    for words in (story.title, story.teaser, story.link_text):
        for shown in markup.find_all(string=lambda string, words=words: words in string):
            assert shown.find_parent(dir="auto"), f'{name}: add dir="auto" to what holds “{words}”'  # noqa: S101


def _example_story(card: StoryCard, page: HubPage) -> SimpleNamespace:
    """Return the page as a newsletter's story, as far as templates can see; its facts are JSON."""
    url = "https://hub.test/en/example/"
    picture = SimpleNamespace(url="https://hub.test/media/example.jpg", width=640, height=480, alt="A map on a wall")
    facts = json.loads(json.dumps(dict(card.facts(page))))
    theme = SimpleNamespace(slug="data", name="Data", colour="#1c6f9c")
    return SimpleNamespace(
        card=card.type,
        section=card.section,
        title=page.title,
        teaser="Who decides?",
        url=url,
        link_text="Read who decides",
        link_name="",
        themes=(theme,),
        theme=theme,
        facts=facts,
        picture=picture,
        thumbnail=picture,
        block_id="",
    )


def _plain_value(field: models.Field) -> object:
    if field.choices:
        return next(value for value, _ in field.flatchoices)
    plain: dict[type[models.Field], datetime | date | int | bool] = {
        models.DateTimeField: timezone.now(),
        models.DateField: timezone.localdate(),
        models.IntegerField: 2020,
        models.BooleanField: False,
    }
    return next((value for kind, value in plain.items() if isinstance(field, kind)), "Example")
