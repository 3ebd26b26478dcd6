"""Links to other sites: requested now and then, site by site, for a bounded time, whatever the other side does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from django.urls import reverse

from newsletters.issues.checking import check_issue, tasks
from newsletters.issues.checking.links.check_links import LONGEST, check_links
from newsletters.issues.checking.links.client import Found, ask
from newsletters.models import LinkCheck
from newsletters.testing import FixedClock
from tests.newsletters.building import Hub
from tests.newsletters.test_admin import address_of, clients

Outcome = LinkCheck.Outcome
A, B = "https://a.org/1", "https://b.org/1"


@dataclass
class FakeWeb:
    """Other people's sites: the answer at each address, and how long it takes."""

    clock: FixedClock
    found: dict[str, Found] = field(default_factory=dict)
    seconds: float = 0
    asked: list[str] = field(default_factory=list)
    pauses: list[float] = field(default_factory=list)

    def __call__(self, url: str) -> Found:
        self.asked.append(url)
        self.clock.at += timedelta(seconds=self.seconds)
        return self.found.get(url, Found(outcome=Outcome.FINE, status=200))

    def check(self, *urls: str) -> int:
        return check_links(urls, ask=self, clock=self.clock, pause=self.pauses.append)


@pytest.fixture
def web(clock: FixedClock) -> FakeWeb:
    return FakeWeb(clock=clock)


def test_what_was_found_is_kept_and_holds_for_a_day(web: FakeWeb) -> None:
    web.found[B] = Found(outcome=Outcome.GONE, status=404)
    assert web.check(A, B, A) == 0
    assert {one.url: (one.outcome, one.status) for one in LinkCheck.objects.all()} == {
        A: ("fine", 200),
        B: ("gone", 404),
    }
    web.check(A, B)
    assert web.asked == [A, B]
    web.clock.at += timedelta(hours=24, seconds=1)
    web.check(A)
    assert web.asked == [A, B, A]
    LinkCheck.want_again([A])
    web.check(A, B)
    assert web.asked == [A, B, A, A, B]
    assert LinkCheck.objects.count() == 2


def test_sites_take_turns_and_the_same_one_gets_a_pause(web: FakeWeb) -> None:
    web.check("https://a.org/1", "https://a.org/2", "https://a.org/3", "https://b.org/1")
    assert web.asked == ["https://a.org/1", "https://b.org/1", "https://a.org/2", "https://a.org/3"]
    assert web.pauses == [1]


def test_slow_sites_leave_the_rest_for_another_turn(web: FakeWeb) -> None:
    web.seconds = LONGEST.total_seconds() / 2
    assert web.check(*(f"https://a.org/{n}" for n in range(5))) == 3
    assert len(web.asked) == 2


def test_what_nobody_asked_for_since_long_is_forgotten(web: FakeWeb) -> None:
    LinkCheck.note(A, outcome=Outcome.FINE, status=200, now=web.clock() - timedelta(days=91))
    web.check(B)
    assert [one.url for one in LinkCheck.objects.all()] == [B]


def test_a_server_that_gets_nowhere_calls_no_site_missing(web: FakeWeb) -> None:
    nobody = Found(outcome=Outcome.UNKNOWN_HOST)
    web.found = {A: nobody, B: nobody}
    web.check(A, B)
    assert set(LinkCheck.objects.values_list("outcome", flat=True)) == {Outcome.UNREACHABLE}
    LinkCheck.want_again([A])
    web.check(A, "https://c.org/")  # this one answers
    assert LinkCheck.known([A])[A].outcome == Outcome.UNKNOWN_HOST
    LinkCheck.want_again([B])
    web.check(B)  # c.org answered a moment ago
    assert LinkCheck.known([B])[B].outcome == Outcome.UNKNOWN_HOST


class Site(BaseHTTPRequestHandler):
    """A site that answers /404 with 404 and so on; it takes no HEAD at /no-head, and /loop leads to itself."""

    asked: list[str]

    def do_GET(self) -> None:
        type(self).asked.append(f"{self.command} {self.path}")
        name = self.path.strip("/")
        status = int(name) if name.isdigit() else 200
        if name == "no-head" and self.command == "HEAD":
            status = 405
        if name in {"loop", "moved"}:
            status = 302
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "/loop" if name == "loop" else "/200")
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_HEAD = do_GET  # noqa: N815

    def log_message(self, *args: Any) -> None:
        """Log nothing."""


@pytest.fixture
def site() -> Iterator[str]:
    Site.asked = []
    with ThreadingHTTPServer(("127.0.0.1", 0), Site) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("path", "outcome", "requests"),
    [
        ("/200", Outcome.FINE, ["HEAD /200"]),
        ("/moved", Outcome.FINE, ["HEAD /moved", "HEAD /200"]),
        ("/no-head", Outcome.FINE, ["HEAD /no-head", "GET /no-head"]),
        ("/404", Outcome.GONE, ["HEAD /404", "GET /404"]),
        ("/410", Outcome.GONE, ["HEAD /410", "GET /410"]),
        ("/403", Outcome.REFUSED, ["HEAD /403", "GET /403"]),
        ("/429", Outcome.REFUSED, ["HEAD /429", "GET /429"]),
        ("/503", Outcome.BROKEN, ["HEAD /503", "GET /503"]),
        ("/loop", Outcome.BROKEN, ["HEAD /loop"] * 6 + ["GET /loop"] * 6),
    ],
)
def test_an_answer_is_read_for_what_it_says(
    site: str, settings: Any, path: str, outcome: str, requests: list[str]
) -> None:
    settings.HUB_WEBHOOKS = {"ALLOW_PRIVATE": True}
    assert ask(f"{site}{path}").outcome == outcome
    assert Site.asked == requests


def test_an_inner_network_is_never_asked_nor_an_address_that_leads_there(site: str) -> None:
    assert ask(f"{site}/200").outcome == Outcome.INNER
    assert Site.asked == []


def test_a_name_that_does_not_exist_is_told_from_one_that_cannot_be_asked_for(monkeypatch: Any) -> None:
    import socket

    def getaddrinfo(host: str, *args: Any, **kwargs: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME if "nowhere" in host else socket.EAI_AGAIN, "no")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    assert ask("https://nowhere.example/").outcome == Outcome.UNKNOWN_HOST
    assert ask("https://somewhere.example/").outcome == Outcome.UNREACHABLE


def link(hub: Hub, *urls: str) -> None:
    intro = "".join(f'<p><a href="{url}">Place {number}</a></p>' for number, url in enumerate(urls))
    hub.edit(words={"en": {"intro": intro}})


def found(hub: Hub) -> dict[str, str]:
    checked = check_issue(hub.draft(), newsletter=hub.newsletter, now=hub.now)
    return {one.code: one.level for one in checked.findings if one.code.startswith("link")}


def test_only_what_is_sure_stops_an_issue(hub: Hub) -> None:
    link(hub, A)
    assert found(hub) == {}
    levels = {
        Outcome.FINE: {},
        Outcome.GONE: {"link-dead": "error"},
        Outcome.UNKNOWN_HOST: {"link-dead": "error"},
        Outcome.INNER: {"link-staff": "error"},
    }
    for outcome in Outcome:
        LinkCheck.note(A, outcome=outcome, status=None, now=hub.now)
        assert found(hub) == levels.get(outcome, {"link-doubtful": "warning"})


def test_the_task_asks_for_links_to_other_sites_only(hub: Hub, web: FakeWeb, monkeypatch: Any, settings: Any) -> None:
    link(hub, A, "http://hub.test/en/themes/", "mailto:answers@hub.test", "https://localhost/x")
    monkeypatch.setattr(tasks, "ask", web)
    monkeypatch.setattr("newsletters.issues.checking.tasks.time.sleep", web.pauses.append)
    tasks.check_links_of.call(hub.issue.pk)
    assert web.asked == [A]
    tasks.check_links_of.call(0)
    hub.edit(stories=[])
    tasks.check_links_of.call(hub.issue.pk)
    assert web.asked == [A]


def waiting_tasks() -> list[Any]:
    from django_tasks_db.models import DBTaskResult

    return list(DBTaskResult.objects.filter(task_path__endswith="check_links_of"))


def test_many_saves_make_one_task_and_none_where_nothing_gets_out(hub: Hub, settings: Any) -> None:
    settings.HUB_NEWSLETTERS = {**settings.HUB_NEWSLETTERS, "CHECK_LINKS": False}
    tasks.check_links_soon(hub.issue)
    assert waiting_tasks() == []
    settings.HUB_NEWSLETTERS["CHECK_LINKS"] = True
    for _save in range(3):
        tasks.check_links_soon(hub.issue)
    assert len(waiting_tasks()) == 1


def test_saving_in_the_editor_has_the_links_checked(
    hub: Hub, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    from newsletters.wagtail_hooks import check_links_after_a_save

    with django_capture_on_commit_callbacks(execute=True):
        check_links_after_a_save(None, hub.issue)
        check_links_after_a_save(None, hub.page)
    assert [task.args_kwargs["args"] for task in waiting_tasks()] == [[hub.issue.pk]]


def test_the_panel_says_that_links_are_being_checked_and_when_they_were(hub: Hub, clock: FixedClock) -> None:
    client = clients(hub)["editor"]

    def panel() -> str:
        return str(client.get(address_of("checks", hub, None)).content.decode())

    assert "other site" not in panel()
    link(hub, A, B)
    assert "2 links to other sites are being checked" in panel()
    for url in (A, B):
        LinkCheck.note(url, outcome=Outcome.FINE, status=200, now=hub.now - timedelta(hours=2))
    assert "2 links to other sites were checked 2" in panel()
    assert client.post(reverse("newsletters_admin:check_links", args=[hub.issue.pk])).status_code == 204
    assert "2 links to other sites are being checked" in panel()
    assert len(waiting_tasks()) == 1
