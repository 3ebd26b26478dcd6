"""The plugin contract: for each rule there is a plugin that breaks it, and our own plugins keep them all."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from io import StringIO
from types import ModuleType
from typing import Any, Literal

import pytest
from django.apps import AppConfig, apps
from django.core.checks import run_checks
from django.core.management import call_command
from ninja import Router
from pydantic import Field
from wagtail.blocks import CharBlock

from cms import checks
from cms.api.schemas import PageDetail, PageSummary, Value
from cms.api.values import BodyBlock
from cms.blocks.quote import QuoteBlock
from cms.plugins import (
    CONTRACT,
    BlockKind,
    CalendarEntry,
    IssueBlockKind,
    PageFilter,
    PageType,
    Plugin,
    SiteSection,
    StoryCard,
    ToldBlock,
    WebhookEvent,
    discover,
    registry,
    rules,
)
from cms.plugins.issue_checks import IssueCheck
from cms.testing import check_plugin, contract_problems
from newsletters.testing import check_mail_parts
from team.plugin import plugin as team
from themes.models import ThemePage


class WeatherDaySummary(PageSummary):
    """A day."""

    type: Literal["day"] = Field(description="Says that this is a day.")


class WeatherDayDetail(WeatherDaySummary, PageDetail):
    """A day, in full."""


class WeatherBlock(BodyBlock):
    """How the weather is."""

    type: Literal["weather"] = Field(description="Says that this is the weather.")


class WeatherMissing(BodyBlock):
    """A block with a name that the hub reserves."""

    type: Literal["missing"] = Field(description="Says that this is missing.")


DAY = PageType(model="hub_cms.RolePage", type="day", summary=WeatherDaySummary, detail=WeatherDayDetail)
SKY = BlockKind(
    name="weather", form=CharBlock, schema=WeatherBlock, build=lambda *_: None, template="cms/blocks/quote.html"
)
TOLD_SKY = IssueBlockKind(
    name="weather",
    form=CharBlock,
    tell=lambda *_: ToldBlock(kept={}),
    schema=WeatherBlock,
    show=lambda kept: None,
    mjml="newsletters/mail/blocks/quote.mjml",
    text="newsletters/mail/blocks/quote.txt",
)
CARD = StoryCard(type="day", section="theme", mjml="cms/mail/page.mjml", text="cms/mail/page.txt")
WEATHER = Plugin(name="weather", contract=2, pages=(DAY,), story_cards=(CARD,), blocks=(SKY,))


class Forecast(Value):
    """A schema with a name of its own."""


class WeatherNested(Value):
    """A schema that holds another one."""

    forecasts: list[Forecast | None] = Field(description="What may come.")


def broken(plugin: Plugin) -> set[str | None]:
    return {message.id for rule in rules.RULES for message in rule(plugin)}


def test_a_plugin_that_keeps_the_rules_gets_no_message() -> None:
    assert broken(WEATHER) == set()


@pytest.mark.parametrize("change", [{"name": "Alt texts"}, {"run": None}])
def test_an_issue_check_without_a_stable_name_or_a_function_is_an_error(change: dict[str, Any]) -> None:
    sound = IssueCheck(name="weather-alt", label="weather", run=lambda issue: ())
    assert broken(replace(WEATHER, issue_checks=(sound,))) == set()
    assert broken(replace(WEATHER, issue_checks=(replace(sound, **change),))) == {"hub_cms.E013"}


def test_two_issue_checks_of_one_name_are_an_error() -> None:
    mine = IssueCheck(name="contrast", label="mine", run=lambda issue: ())
    both = [*registry.plugins(), replace(WEATHER, issue_checks=(mine,))]
    assert "contrast" in "".join(message.msg for message in rules.names_are_unique(both))


def test_every_message_has_a_hint() -> None:
    bad = replace(WEATHER, contract=1, name="site", story_cards=(replace(CARD, type="week"),))
    messages = [message for rule in rules.RULES for message in rule(bad)]
    assert messages
    assert all(message.hint and message.msg for message in messages)


@pytest.mark.parametrize("contract", [CONTRACT - 1, CONTRACT + 1])
def test_another_contract_is_an_error(contract: int) -> None:
    """A newer one is not known yet, an older one is no longer supported."""
    assert broken(replace(WEATHER, contract=contract)) == {"hub_cms.E001"}


@pytest.mark.parametrize("contract", ["2", (2, 1), (1, 2, 3), ("1", 2), None, 2.0, True])
def test_a_contract_in_another_form_is_an_error(contract: Any) -> None:
    (message,) = rules.contract_matches(replace(WEATHER, contract=contract))
    assert (message.id, "weather" in message.msg) == ("hub_cms.E001", True)


@pytest.mark.parametrize("name", ["Recipes Cooked!", "cooked", "recipes.", "Recipes.cooked", "recipes.cooked-x"])
def test_an_event_that_cannot_be_described_is_an_error(name: str) -> None:
    assert broken(replace(WEATHER, events=(WebhookEvent(name="recipes.cooked_2", label="x"),))) == set()
    assert broken(replace(WEATHER, events=(WebhookEvent(name=name, label="x"),))) == {"hub_cms.E019"}


def test_no_plugin_hides_a_route_of_the_core(client: Any, db: None) -> None:
    document = client.get("/api/v1/openapi.json").json()
    operations = [
        (path, tags) for path, methods in document["paths"].items() for tags in [methods.popitem()[1]["tags"]]
    ]
    brought = {plugin.name for plugin in registry.plugins()}
    of_the_core = {path.split("/")[3].partition(".")[0] for path, tags in operations if not brought & set(tags)}
    assert {"pages", "site", "feed"} <= of_the_core
    for name in {*of_the_core, "docs"}:
        assert "hub_cms.E002" in broken(replace(WEATHER, name=name)), name


@pytest.mark.parametrize("name", ["openapi.json", "wea/ther"])
def test_a_name_that_the_core_answers_to_is_an_error(name: str) -> None:
    assert "hub_cms.E002" in broken(replace(WEATHER, name=name))


@pytest.mark.parametrize("model", ["hub_weather.DayPage", "hub_cms.Day", "nonsense", "hub_cms.Theme"])
def test_a_missing_model_is_an_error(model: str) -> None:
    assert broken(replace(WEATHER, pages=(replace(DAY, model=model),))) == {"hub_cms.E003"}


def test_a_schema_without_the_plugins_name_is_an_error() -> None:
    assert broken(replace(WEATHER, name="climate")) == {"hub_cms.E004"}


def test_a_schema_inside_a_routes_answer_needs_the_plugins_name_too() -> None:
    router = Router()

    @router.get("/now", response=WeatherNested)
    def now(request: Any) -> None: ...

    (message,) = rules.schemas_are_named(replace(WEATHER, router=router))
    assert (message.id, "Forecast" in message.msg) == ("hub_cms.E004", True)


def test_a_schema_of_another_type_is_an_error() -> None:
    assert broken(replace(WEATHER, pages=(replace(DAY, type="night"),), story_cards=())) == {"hub_cms.E005"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": "sun"}, "hub_cms.E014"),
        ({"schema": QuoteBlock}, "hub_cms.E014"),
        ({"name": "missing", "schema": WeatherMissing}, "hub_cms.E015"),
        ({"template": "weather/lost.html"}, "hub_cms.E016"),
    ],
)
def test_a_kind_of_block_that_nobody_can_tell_or_show_is_an_error(change: dict[str, Any], message: str) -> None:
    assert broken(replace(WEATHER, blocks=(replace(SKY, **change),))) == {message}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": "sun"}, "hub_cms.E014"),
        ({"name": "missing", "schema": WeatherMissing}, "hub_cms.E015"),
        ({"mjml": "weather/lost.mjml"}, "hub_cms.E016"),
        ({"text": ""}, "hub_cms.E016"),
        ({"mjml": "", "text": ""}, "hub_cms.E016"),
    ],
)
def test_so_is_one_for_issues(change: dict[str, Any], message: str) -> None:
    assert broken(replace(WEATHER, issue_blocks=(TOLD_SKY,))) == set()
    assert broken(replace(WEATHER, issue_blocks=(replace(TOLD_SKY, **change),))) == {message}


def test_a_missing_template_says_whether_the_block_is_for_pages_or_for_issues() -> None:
    lost = replace(WEATHER, blocks=(replace(SKY, template=""),), issue_blocks=(replace(TOLD_SKY, text=""),))
    words = [message.msg.partition(" of the ")[2] for message in rules.blocks_can_be_shown(lost)]
    assert words == ["kind of block “weather” is not there.", "kind of block “weather” of issues is not there."]


@pytest.mark.parametrize(
    ("change", "messages"),
    [
        ({"mjml": "", "text": ""}, set()),
        ({"text": ""}, set()),
        ({"mjml": "weather/lost.mjml"}, {"hub_cms.E016"}),
        ({"template": "weather/lost.html"}, {"hub_cms.E016"}),
    ],
)
def test_a_template_of_plain_pages_is_enough_for_a_mail(change: dict[str, Any], messages: set[str]) -> None:
    kind = replace(TOLD_SKY, **{"template": "cms/blocks/quote.html"} | change)
    assert broken(replace(WEATHER, issue_blocks=(kind,))) == messages


@pytest.mark.parametrize(
    "change",
    [{"story_cards": (replace(CARD, section="nowhere"),)}, {"issue_blocks": (replace(TOLD_SKY, section="nowhere"),)}],
    ids=["card", "block"],
)
def test_a_section_that_nobody_declares_is_an_error(change: dict[str, Any]) -> None:
    others = registry.plugins()
    assert list(rules.sections_are_there([*others, WEATHER])) == []
    (message,) = rules.sections_are_there([*others, replace(WEATHER, **change)])
    assert (message.id, "nowhere" in message.msg) == ("hub_cms.E018", True)
    assert list(rules.sections_are_there([replace(WEATHER, **change)])) == []  # no newsletter, no sections


@pytest.mark.parametrize(
    ("contract", "fits"), [((1, CONTRACT), True), ((CONTRACT, 9), True), ((1, CONTRACT - 1), False)]
)
def test_a_plugin_may_live_with_several_contracts(contract: tuple[int, int], fits: bool) -> None:
    assert (broken(replace(WEATHER, contract=contract)) == set()) == fits


def test_a_card_for_an_unknown_type_is_an_error() -> None:
    assert broken(replace(WEATHER, story_cards=(replace(CARD, type="week"),))) == {"hub_cms.E006"}


@pytest.mark.parametrize("name", ["title", "begins_at"])
def test_a_calendar_without_a_time_is_an_error(name: str) -> None:
    entry = CalendarEntry(starts_at=name, ends_at="first_published_at")
    assert broken(replace(WEATHER, pages=(replace(DAY, calendar=entry),))) == {"hub_cms.E011"}


@pytest.mark.parametrize("name", ["title", "weather"])
def test_a_related_name_that_is_no_foreign_key_is_an_error(name: str) -> None:
    assert broken(replace(WEATHER, pages=(replace(DAY, related=(name,)),))) == {"hub_cms.E012"}
    assert not broken(replace(WEATHER, pages=(replace(DAY, related=("image",)),)))


@pytest.mark.parametrize(
    ("other", "kind"),
    [
        (Plugin(name="weather", contract=2), "plugin"),
        (Plugin(name="other", contract=2, pages=(replace(DAY, model="hub_cms.HomePage"),)), "page type"),
        (Plugin(name="other", contract=2, pages=(replace(DAY, type="night"),)), "page model"),
        (Plugin(name="other", contract=2, settings=(SiteSection(name="sky", build=dict),)), "site section"),
        (Plugin(name="other", contract=2, story_cards=(CARD,)), "story card"),
    ],
)
def test_a_name_used_twice_is_an_error(other: Plugin, kind: str) -> None:
    mine = replace(WEATHER, settings=(SiteSection(name="sky", build=dict),))
    messages = list(rules.names_are_unique([mine, other]))
    assert [message.id for message in messages] == ["hub_cms.E007"]
    assert messages[0].msg.startswith(f"The {kind} ")


def test_two_plugins_of_one_name_are_told_apart_by_their_packages() -> None:
    other = Plugin(name="team", contract=2, distribution="hub-other-team")
    (message,) = rules.names_are_unique([team, other])
    assert message.msg == "The plugin “team” is declared more than once, by team, hub-other-team."


def test_a_filter_that_means_two_things_is_an_error() -> None:
    def of(name: str, annotation: type) -> PageType:
        each = PageFilter(name=name, lookup="title", annotation=annotation, description="x")
        return replace(DAY, filters=(each,))

    def found(*types: PageType) -> list[str | None]:
        plugin = replace(WEATHER, pages=types)
        return [message.id for message in rules.filters_are_clear([plugin], taken={"limit"})]

    assert found(of("limit", int)) == ["hub_cms.E008"]
    assert found(of("year", int), of("year", str)) == ["hub_cms.E008"]
    assert found(of("year", int), of("year", int)) == []


def test_an_entry_point_without_a_plugin_is_an_error() -> None:
    config = apps.get_app_config("hub_team")
    assert [message.id for message in rules.declares_a_plugin(config, None)] == ["hub_cms.E009"]
    assert list(rules.declares_a_plugin(config, team)) == []


def test_a_config_that_django_did_not_pick_is_named() -> None:
    trap = ModuleType("team.apps")
    trap.Other = type("Other", (AppConfig,), {"__module__": "team.apps"})  # type: ignore[attr-defined]
    plain = AppConfig("team", sys.modules["team"])
    (message,) = rules.picked_its_config(plain, [AppConfig, trap.Other])
    assert (message.id, "Other" in message.msg) == ("hub_cms.E010", True)
    team_config = apps.get_app_config("hub_team")
    assert list(rules.picked_its_config(team_config, [AppConfig, type(team_config)])) == []


@pytest.fixture
def with_weather(monkeypatch: Any) -> None:
    """The registry holds a plugin that breaks rules."""
    bad = replace(WEATHER, contract=9)
    monkeypatch.setattr("cms.checks.plugins", lambda: (*registry.plugins(), bad))


def test_manage_py_check_runs_the_rules(with_weather: None) -> None:
    found = {message.id for message in run_checks(tags=[checks.TAG])}
    assert found == {"hub_cms.E001", "hub_cms.E007"}  # the model of “day” is the one of “role”


def test_the_installed_plugins_keep_the_contract() -> None:
    assert run_checks(tags=[checks.TAG]) == []


def test_pages_without_their_plugin_are_warned_about(make_article: Any) -> None:
    page = make_article("one")
    gone = type(page.content_type).objects.create(app_label="hub_gone", model="gonepage")
    assert run_checks(tags=["database"], databases=["default"]) == []
    type(page).objects.filter(pk=page.pk).update(content_type=gone)
    (message,) = run_checks(tags=["database"], databases=["default"])
    assert (message.id, "hub_gone.gonepage" in message.msg) == ("hub_cms.W001", True)


def test_our_plugins_pass_the_conformance_test(site: Any, theme_page: ThemePage) -> None:
    for plugin in registry.plugins():
        if plugin.name != "newsletters":
            check_plugin(plugin, examples={"theme": theme_page})
            check_mail_parts(plugin, examples={"theme": theme_page})


def test_the_newsletters_own_blocks_pass_it_too(site: Any) -> None:
    (newsletters,) = (plugin for plugin in registry.plugins() if plugin.name == "newsletters")
    check_mail_parts(newsletters)


def test_the_conformance_test_sees_what_a_mail_may_not_hold(site: Any, change_plugin: Any, person: Any) -> None:
    def divide_by_zero(page: Any) -> dict[str, Any]:
        return {"share": 1 / 0}

    broken = replace(team, story_cards=(replace(team.story_cards[0], facts=divide_by_zero),))
    change_plugin("team", story_cards=broken.story_cards)
    with pytest.raises(AssertionError, match="ZeroDivisionError"):
        check_mail_parts(broken, examples={"person": person})


def test_the_conformance_test_names_what_is_broken(site: Any) -> None:
    bad = replace(team, contract=CONTRACT + 1)
    assert [message.id for message in contract_problems(bad)] == ["hub_cms.E001"]
    with pytest.raises(AssertionError, match="E001"):
        check_plugin(bad)


def test_the_conformance_test_wants_the_cards_templates(site: Any) -> None:
    lost = replace(team.story_cards[0], mjml="team/mail/lost.mjml")
    with pytest.raises(AssertionError, match=r"E017.*lost"):
        check_plugin(replace(team, story_cards=(lost,)))


@pytest.mark.parametrize("part", ["mjml", "column", "text"])
def test_the_conformance_test_asks_for_a_link_in_each_form_of_a_card(site: Any, part: str) -> None:
    change: dict[str, Any] = {part: "newsletters/mail/blocks/divider.mjml"}
    silent = replace(team.story_cards[0], **change)
    with pytest.raises(AssertionError, match="shows no link"):
        check_plugin(replace(team, story_cards=(silent,)))


CARDS = {
    "without_direction.mjml": (
        '<h3 dir="auto"><a href="{{ story.url }}">{{ story.title }}</a></h3><p>{{ story.teaser }}</p>'
        '{% include "cms/mail/_link.html" %}'
    ),
    "without_teaser.mjml": '<h3 dir="auto">{{ story.title }}</h3>{% include "cms/mail/_link.html" %}',
}


@pytest.mark.parametrize(
    ("name", "words"),
    [("without_direction.mjml", 'add dir="auto"'), ("without_teaser.mjml", "the teaser")],
)
@pytest.mark.parametrize("part", ["mjml", "column"])
def test_the_conformance_test_asks_for_directions_and_the_same_teaser(
    site: Any, settings: Any, part: str, name: str, words: str
) -> None:
    in_memory = ("django.template.loaders.locmem.Loader", CARDS)
    (engine,) = settings.TEMPLATES
    loaders = [in_memory, "django.template.loaders.app_directories.Loader"]
    settings.TEMPLATES = [engine | {"APP_DIRS": False, "OPTIONS": engine["OPTIONS"] | {"loaders": loaders}}]
    change: dict[str, Any] = {part: name}
    poor = replace(team.story_cards[0], **change)
    with pytest.raises(AssertionError, match=words):
        check_plugin(replace(team, story_cards=(poor,)))


def test_disabled_plugins_are_not_discovered() -> None:
    assert {"cms", "themes", "team", "archive", "newsletters"} <= set(discover())
    assert "team" not in discover(disabled=["team"])


def test_the_command_lists_what_each_plugin_adds() -> None:
    out = StringIO()
    call_command("plugins", json=True, stdout=out)
    rows = {row["name"]: row for row in json.loads(out.getvalue())}
    assert rows["team"]["page_types"] == ["team", "person"]
    assert rows["team"]["story_cards"] == ["person"]
    assert rows["team"]["contract"] == 2
    assert rows["team"]["version"]
    out = StringIO()
    call_command("plugins", stdout=out)
    assert "theme-index, theme, article, activity" in out.getvalue()
