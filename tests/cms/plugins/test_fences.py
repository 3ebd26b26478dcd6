"""Whatever fails in a plugin is left out, logged and recorded; lists, sites, feeds, editors and jobs keep working."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import pytest
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import lazy

from cms.api.values import BodyBlock
from cms.background.clock import run_due
from cms.models import PluginFault
from cms.plugins import (
    CalendarEntry,
    ClockJob,
    Feed,
    PageFilter,
    SiteSection,
    WebhookEvent,
    fences,
    registry,
)
from cms.plugins.fences import Fault, fenced, gathering_faults
from themes.models import ArticlePage
from themes.schemas import ThemesArticleDetail, ThemesArticleSummary

HEADING = {"id": "1", "type": "heading", "value": {"text": "A heading", "level": "h2"}}


def fail(*args: Any, **kwargs: Any) -> Any:
    raise ZeroDivisionError("the plugin divides by zero")


def returning(found: Any) -> Any:
    return lambda *args, **kwargs: found


def faults() -> set[tuple[str, str]]:
    return set(PluginFault.objects.values_list("plugin", "part"))


class BrokenSummary(ThemesArticleSummary):
    build = classmethod(fail)


class LostSummary(ThemesArticleSummary):
    references = classmethod(fail)


class WrongSummary(ThemesArticleSummary):
    build: ClassVar[Any] = classmethod(returning({"title": "One"}))


class WrongReferences(ThemesArticleSummary):
    references: ClassVar[Any] = classmethod(returning(None))


class BrokenDetail(ThemesArticleDetail):
    build = classmethod(fail)


@pytest.fixture
def change_type(change_plugin: Callable[..., None]) -> Callable[..., None]:
    """Let the themes plugin declare its articles differently."""

    def change(type_name: str = "article", **changes: Any) -> None:
        (themes,) = (plugin for plugin in registry.plugins() if plugin.name == "themes")
        pages = tuple(replace(each, **changes) if each.type == type_name else each for each in themes.pages)
        change_plugin("themes", pages=pages)

    return change


def paths(answer: Any) -> list[str]:
    assert answer.status_code == 200
    return [page["path"] for page in answer.json()["items"]]


def test_a_summary_that_fails_leaves_one_page_out_of_the_list(
    client: Any, make_article: Any, person: Any, change_type: Any
) -> None:
    make_article("one")
    change_type(summary=BrokenSummary)
    found = paths(client.get("/api/v1/pages"))
    assert "/en/themes/data/one/" not in found
    assert {"/en/themes/data/", "/en/team/sam/"} <= set(found)
    assert faults() == {("themes", "summary")}


def test_references_that_fail_cost_nothing_but_what_they_point_at(
    client: Any, make_article: Any, change_type: Any
) -> None:
    make_article("one")
    change_type(summary=LostSummary)
    assert "/en/themes/data/one/" in paths(client.get("/api/v1/pages"))
    assert faults() == {("themes", "references")}


def test_a_summary_of_another_type_leaves_one_page_out_of_the_list(
    client: Any, make_article: Any, person: Any, change_type: Any
) -> None:
    make_article("one")
    change_type(summary=WrongSummary)
    found = paths(client.get("/api/v1/pages"))
    assert "/en/themes/data/one/" not in found
    assert "/en/team/sam/" in found
    assert PluginFault.objects.get().error == "TypeError: returned {'title': 'One'}, not WrongSummary"


def test_references_of_another_type_cost_nothing_but_what_they_point_at(
    client: Any, make_article: Any, change_type: Any
) -> None:
    make_article("one")
    change_type(summary=WrongReferences)
    assert "/en/themes/data/one/" in paths(client.get("/api/v1/pages"))
    assert faults() == {("themes", "references")}


def test_a_detail_that_fails_is_told_as_a_problem_and_named_in_the_log(
    client: Any, make_article: Any, change_type: Any, caplog: Any
) -> None:
    page = make_article("one")
    change_type(detail=BrokenDetail)
    client.raise_request_exception = False
    answer = client.get(f"/api/v1/pages/{page.pk}")
    assert (answer.status_code, answer["Content-Type"]) == (500, "application/problem+json")
    assert "Plugin themes: fault in the detail of “One”" in caplog.text
    assert "/en/themes/data/one/" in paths(client.get("/api/v1/pages"))


def test_a_filter_that_fails_fails_alone(client: Any, make_article: Any, change_type: Any) -> None:
    make_article("one")
    broken = PageFilter(name="broken", lookup=fail, annotation=int, description="Fails.")
    from cms.api.routes.page_query import _condition

    page_type = registry.page_types()[ArticlePage]
    with pytest.raises(ZeroDivisionError):
        _condition(broken, 1, timezone.now(), of=page_type)
    assert faults() == {("themes", "filter broken")}


def test_a_filter_that_returns_no_condition_is_told_as_a_problem_and_recorded(
    client: Any, activity: Any, change_type: Any
) -> None:
    change_type("activity", filters=(PageFilter(name="when", lookup=lambda *_: 7, annotation=str, description="x"),))  # type: ignore[arg-type]
    client.raise_request_exception = False
    answer = client.get("/api/v1/pages?when=coming")
    assert (answer.status_code, answer["Content-Type"]) == (500, "application/problem+json")
    assert faults() == {("themes", "filter when")}


GAPS: dict[str, dict[str, Any]] = {
    "/api/v1/pages": {"summary": BrokenSummary},
    "/api/v1/feed.json?locale=en": {"feed": Feed(texts=fail)},
}


@pytest.mark.parametrize(("address", "broken"), GAPS.items(), ids=["list", "feed"])
def test_an_answer_with_a_gap_is_not_kept(
    client: Any, make_article: Any, change_type: Any, address: str, broken: dict[str, Any]
) -> None:
    make_article("one")
    change_type(**broken)
    for _ in range(2):  # the second would come from the kept bodies
        gap = client.get(address)
        assert (gap.status_code, gap["Cache-Control"]) == (200, "no-store")
        assert {"ETag", "Last-Modified"} & set(gap.headers) == set()
    change_type(summary=ThemesArticleSummary, feed=Feed())
    whole = client.get(address)
    assert "/en/themes/data/one/" in whole.content.decode()
    assert client.get(address, headers={"If-None-Match": whole["ETag"]}).status_code == 304


@pytest.mark.parametrize(
    "build", [fail, lambda site: {"x": object()}, lambda site: 7], ids=["raises", "no JSON", "no map"]
)
def test_a_section_of_the_site_that_fails_is_left_out(client: Any, site: Any, change_plugin: Any, build: Any) -> None:
    fine = SiteSection(name="fine", build=lambda site: {"sun": True})
    change_plugin("themes", settings=(SiteSection(name="broken", build=build), fine))
    assert client.get("/api/v1/site").json()["sections"] == {"fine": {"sun": True}}
    assert faults() == {("themes", "site section")}


def test_a_feed_goes_on_without_the_words_that_a_plugin_does_not_give(
    client: Any, make_article: Any, person: Any, change_type: Any
) -> None:
    make_article("one")
    change_type(feed=Feed(texts=fail))
    answer = client.get("/api/v1/feed.json?locale=en")
    assert answer.status_code == 200
    assert faults() == {("themes", "feed")}


def test_a_calendar_goes_on_without_a_place(client: Any, activity: Any, change_type: Any) -> None:
    activity.starts_at, activity.ends_at = timezone.now() + timedelta(days=1), timezone.now() + timedelta(days=2)
    activity.save()
    change_type("activity", calendar=CalendarEntry(starts_at="starts_at", ends_at="ends_at", place=fail))
    answer = client.get("/api/v1/feed.ics")
    assert answer.status_code == 200
    assert b"SUMMARY:Open day" in answer.content
    assert ("themes", "place") in faults()


@pytest.fixture
def change_heading(change_plugin: Callable[..., None]) -> Callable[..., None]:
    """Let the core declare headings differently."""

    def change(**changes: Any) -> None:
        (core,) = (plugin for plugin in registry.plugins() if plugin.name == "cms")
        kinds = (replace(kind, **changes) if kind.name == "heading" else kind for kind in core.blocks)
        change_plugin("cms", blocks=tuple(kinds))

    return change


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"build": fail}, "block"),
        ({"build": lambda stored, context: "words"}, "block"),
        ({"build": lambda stored, context: BodyBlock(id=None, type="other")}, "block"),
        ({"template": "cms/blocks/lost.html"}, "template"),
    ],
)
def test_a_block_that_fails_leaves_the_page_as_it_is(
    client: Any, make_article: Any, change_heading: Any, changes: dict[str, Any], part: str
) -> None:
    page = make_article("one", body=[("heading", {"text": "A heading", "level": "h2"}), ("text", "<p>Words</p>")])
    change_heading(**changes)
    answer = client.get(f"/api/v1/pages/{page.pk}", headers={"Accept": "text/markdown"})
    assert answer.status_code == 200
    assert "Words" in answer.content.decode()
    assert "A heading" not in answer.content.decode()
    assert faults() == {("cms", part)}


@pytest.mark.parametrize("broken", ["cms/blocks/lost.html", "raises.html"], ids=["missing", "raises"])
@pytest.mark.parametrize("markdown", [False, True], ids=["plain page", "Markdown"])
def test_a_block_whose_template_fails_is_not_shown(
    client: Any, make_article: Any, change_heading: Any, settings: Any, broken: str, markdown: bool
) -> None:
    templates = ("django.template.loaders.locmem.Loader", {"raises.html": "{{ value.text|divisibleby:0 }}"})
    (engine,) = settings.TEMPLATES
    loaders = [templates, "django.template.loaders.app_directories.Loader"]
    settings.TEMPLATES = [engine | {"APP_DIRS": False, "OPTIONS": engine["OPTIONS"] | {"loaders": loaders}}]
    page = make_article("one", body=[("heading", {"text": "A heading", "level": "h2"}), ("text", "<p>Words</p>")])
    change_heading(template=broken)
    address = f"/api/v1/pages/{page.pk}" if markdown else page.url
    answer = client.get(address, headers={"Accept": "text/markdown"})
    assert answer.status_code == 200
    assert "Words" in answer.content.decode()
    assert "A heading" not in answer.content.decode()
    assert set(PluginFault.objects.values_list("plugin", "part", "about")) == {("cms", "template", "heading")}


def test_references_of_a_block_that_fail_do_not_keep_the_page_back(
    client: Any, make_article: Any, change_heading: Any
) -> None:
    page = make_article("one", body=[("heading", {"text": "A heading", "level": "h2"})])
    change_heading(references=fail)
    assert client.get(f"/api/v1/pages/{page.pk}").json()["body"][0]["text"] == "A heading"
    assert faults() == {("cms", "references")}
    change_heading(references=lambda value: None)
    assert client.get("/api/v1/feed.json?locale=en").status_code == 200


def test_a_block_without_a_form_is_kept_as_if_its_plugin_were_missing(change_heading: Any, db: None) -> None:
    from cms.models import BodyField

    change_heading(form=fail)
    stream = BodyField().stream_block
    (block,) = stream.to_python([HEADING])
    assert block.block_type == "missing"
    assert stream.get_prep_value(stream.to_python([HEADING])) == [HEADING]
    assert faults() == {("cms", "form")}


def test_a_job_of_the_clock_that_fails_keeps_no_other_from_running(db: None, change_plugin: Any) -> None:
    ran: list[str] = []
    jobs = (
        ClockJob(name="broken", every_seconds=60, run=fail),
        ClockJob(name="fine", every_seconds=60, run=lambda: ran.append("fine")),
    )
    change_plugin("themes", clock=jobs)
    assert list(run_due(jobs, clock=timezone.now)) == ["broken", "fine"]
    assert ran == ["fine"]
    assert faults() == {("themes", "clock job")}


@pytest.mark.parametrize("label", [lazy(fail, str)(), None, 3], ids=["fails", "none", "a number"])
def test_a_webhook_without_words_is_called_by_its_name(client: Any, site: Any, change_plugin: Any, label: Any) -> None:
    change_plugin("themes", events=(WebhookEvent(name="themes.changed", label=label),))
    document = client.get("/api/v1/openapi.json").json()
    assert document["webhooks"]["themes.changed"]["post"]["summary"] == "themes.changed"
    assert faults() == {("themes", "label")}


def test_a_part_that_is_slow_rests_and_is_asked_again_later(db: None, monkeypatch: Any) -> None:
    asked: list[int] = []
    card = next(iter(registry.story_cards().values()))
    now = [100.0]
    monkeypatch.setattr("cms.plugins.fences.time.monotonic", lambda: now[0])

    def slow() -> str:
        asked.append(1)
        now[0] += fences.SLOW_SECONDS + 1
        return "in the end"

    def ask() -> str:
        return fenced("facts", slow, of=card, about="a page", otherwise="nothing")

    assert ask() == "in the end"  # nobody can stop it
    with gathering_faults() as gathered:
        assert ask() == "nothing"
    assert [fault.error for fault in gathered] == ["rests, because it was too slow"]
    now[0] += fences.REST_SECONDS
    assert ask() == "in the end"
    assert len(asked) == 2
    fences.forget_rests()


def test_what_is_slow_within_a_part_does_not_make_the_part_slow(db: None, monkeypatch: Any) -> None:
    outer, inner = list(registry.story_cards().values())[:2]
    now = [100.0]
    monkeypatch.setattr("cms.plugins.fences.time.monotonic", lambda: now[0])

    def slow() -> str:
        now[0] += fences.SLOW_SECONDS + 1
        return "in the end"

    def quick() -> str:
        now[0] += 1
        return fenced("facts", slow, of=inner, about="a page", otherwise="")

    with gathering_faults() as gathered:
        assert fenced("tell", quick, of=outer, about="a block", otherwise="") == "in the end"
        assert fenced("tell", quick, of=outer, about="another", otherwise="-") == ""
    assert [fault.part for fault in gathered] == ["facts", "facts"]
    fences.forget_rests()


def test_a_list_of_faults_has_those_of_the_lists_within(db: None) -> None:
    card = next(iter(registry.story_cards().values()))
    with gathering_faults() as outer:
        with gathering_faults() as inner:
            fenced("facts", fail, of=card, about="a page", otherwise="")
        assert len(inner) == 1
    assert outer == inner


def test_the_database_is_nobodys_fault(db: None) -> None:
    from django.db import OperationalError

    def away() -> str:
        raise OperationalError("the database is away")

    with pytest.raises(OperationalError):
        fenced("facts", away, of=object(), otherwise="")
    assert not faults()


def test_a_fault_that_comes_again_and_again_is_one_row(db: None, monkeypatch: Any) -> None:
    fault = Fault(plugin="themes", part="facts", about="One", error="ZeroDivisionError: …")
    now = datetime(2026, 11, 30, 8, tzinfo=UTC)
    for seconds in (0, 1, 59, 61):
        monkeypatch.setattr("django.utils.timezone.now", lambda at=seconds: now + timedelta(seconds=at))
        PluginFault.note(fault)
    (row,) = PluginFault.objects.all()
    assert (row.count, row.first_at, row.last_at) == (2, now, now + timedelta(seconds=61))


def test_administrators_see_what_went_wrong_and_nobody_else(
    client: Any, admin_client: Any, make_article: Any, change_type: Any, django_user_model: Any
) -> None:
    make_article("one")
    change_type(summary=BrokenSummary)
    client.get("/api/v1/pages")
    page = admin_client.get(reverse("hub_plugins_report")).content.decode()
    assert "the plugin divides by zero" in page
    assert "1 fault, see below" in page
    assert reverse("hub_plugins_report") in admin_client.get(reverse("wagtailadmin_home")).content.decode()
    editor = django_user_model.objects.create_user("sam", password="x")
    client.force_login(editor)
    assert client.get(reverse("hub_plugins_report")).status_code in {302, 403}
