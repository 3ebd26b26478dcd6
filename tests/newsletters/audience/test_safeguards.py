"""What keeps programs from the sign-up: a stamp with the time, a proof of work, and stricter limits without them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from altcha import Challenge, Payload, solve_challenge
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from newsletters.audience.safeguards.form_stamp import is_stamp, is_too_quick, make_stamp
from newsletters.audience.safeguards.proof_of_work import new_challenge, solved_challenge
from newsletters.models import SignUp, SignUpAttempt
from tests.newsletters.audience.browsing import fill_in, hidden_fields, old_stamp
from tests.newsletters.building import Hub

PAGE, API = "/n/s/letter/en", "/api/v1/newsletters/letter/subscriptions"
CHALLENGES = "/api/v1/newsletters/letter/challenges"
BODY = {"email": "eve@example.org", "language": "en", "themes": ["data"]}


@pytest.fixture
def few(settings: Any) -> None:
    """One request an hour without a proof, and any number with one."""
    settings.HUB_NEWSLETTERS = settings.HUB_NEWSLETTERS | {"SIGN_UPS_PER_HOUR_UNPROVEN": 1}


@pytest.fixture
def asks_for_work(settings: Any, few: None) -> None:
    settings.HUB_NEWSLETTERS = settings.HUB_NEWSLETTERS | {"PROOF_OF_WORK": True, "PROOF_OF_WORK_COST": 1}


@pytest.fixture
def half_a_minute(settings: Any) -> None:
    """A time that no test takes, and that is over for an old stamp."""
    settings.HUB_NEWSLETTERS = settings.HUB_NEWSLETTERS | {"SIGN_UP_LEAST_SECONDS": 30}


def filled_in(hub: Hub, **changes: str) -> dict[str, Any]:
    return BODY | {"themes": [hub.themes["data"].pk]} | changes


def solution_of(challenge: Challenge) -> str:
    solution = solve_challenge(challenge)
    assert solution
    return Payload(challenge, solution).to_base64()


def solve(client: Client) -> str:
    return solution_of(Challenge.from_dict(client.post(CHALLENGES).json()))


def test_a_form_that_comes_back_at_once_is_shown_again_and_works_a_moment_later(
    hub: Hub, client: Client, half_a_minute: None
) -> None:
    form = hidden_fields(client.get(PAGE)) | filled_in(hub, first_name="Eve")
    page = client.post(PAGE, form)
    words = page.content.decode()
    assert "Please press the button again" in words
    assert 'value="Eve"' in words
    assert not SignUp.objects.exists()
    assert hidden_fields(page)["stamp"] == form["stamp"]  # the time goes on
    assert "Check your inbox" in client.post(PAGE, form | {"stamp": old_stamp("letter")}).content.decode()
    assert SignUp.objects.count() == 1


def test_the_answer_to_haste_does_not_depend_on_who_is_known(hub: Hub, client: Client, half_a_minute: None) -> None:
    hub.subscribe("ann")
    form = hidden_fields(client.get(PAGE)) | filled_in(hub)
    pages, queries = [], []
    for email in ("eve@example.org", "ann@example.org"):
        with CaptureQueriesContext(connection) as captured:
            pages.append(client.post(PAGE, form | {"email": email}).content.decode().replace(email, ""))
        queries.append(len(captured))
    assert pages[0] == pages[1]
    assert queries[0] == queries[1]


NOW = datetime(2026, 11, 30, 12, tzinfo=timezone.get_default_timezone())


@pytest.mark.parametrize(
    ("seconds", "counts", "quick"), [(0, True, True), (1, True, True), (2, True, False), (86_000, True, False)]
)
def test_a_stamp_counts_for_a_day(seconds: int, counts: bool, quick: bool, settings: Any) -> None:
    settings.HUB_NEWSLETTERS = settings.HUB_NEWSLETTERS | {"SIGN_UP_LEAST_SECONDS": 2}
    stamp, now = make_stamp("letter", now=NOW), NOW + timedelta(seconds=seconds)
    assert is_stamp(stamp, slug="letter", now=now) is counts
    assert is_too_quick(stamp, slug="letter", now=now) is quick


@pytest.mark.parametrize("stamp", ["", "x", make_stamp("post", now=NOW), make_stamp("letter", now=NOW)[:-1], "é\0"])
def test_another_stamp_is_none(stamp: str) -> None:
    assert not is_stamp(stamp, slug="letter", now=NOW)
    assert not is_too_quick(stamp, slug="letter", now=NOW)


def test_a_stamp_of_yesterday_is_none() -> None:
    assert not is_stamp(make_stamp("letter", now=NOW), slug="letter", now=NOW + timedelta(days=1, seconds=1))


def test_forms_without_our_stamp_work_under_a_stricter_limit(hub: Hub, client: Client, few: None) -> None:
    answers = [client.post(PAGE, filled_in(hub)).status_code for _time in range(3)]
    assert answers == [200, 429, 429]
    assert "Check your inbox" in fill_in(client, PAGE, filled_in(hub)).content.decode()  # our own form goes on working
    assert client.post(API, BODY, "application/json").status_code == 202


def test_the_stricter_limit_counts_for_a_newsletter_from_anywhere(hub: Hub, client: Client, settings: Any) -> None:
    settings.HUB_NEWSLETTERS = settings.HUB_NEWSLETTERS | {"SIGN_UPS_PER_HOUR_UNPROVEN_NEWSLETTER": 2}
    answers = [client.post(PAGE, filled_in(hub), REMOTE_ADDR=f"198.51.{each}.7").status_code for each in range(3)]
    assert answers == [200, 200, 429]


def test_no_proof_of_work_is_asked_for_by_default(hub: Hub, client: Client) -> None:
    page = client.get(PAGE)
    assert "<script" not in page.content.decode()
    assert "script-src" not in page.headers["Content-Security-Policy"]
    assert client.post(CHALLENGES).status_code == 404


def test_the_page_may_run_our_script_and_no_other(hub: Hub, client: Client, asks_for_work: None) -> None:
    page = client.get(PAGE)
    assert "/newsletters/proof_of_work.js" in page.content.decode()
    assert f'data-challenge="{CHALLENGES}"' in page.content.decode()
    assert "script-src 'self'; connect-src 'self'" in page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]


def test_whoever_does_the_work_is_not_limited(hub: Hub, client: Client, asks_for_work: None) -> None:
    for _time in range(2):
        form = filled_in(hub, altcha=solve(client))
        assert "Check your inbox" in fill_in(client, PAGE, form).content.decode()
        assert client.post(API, BODY | {"altcha": solve(client)}, "application/json").status_code == 202
    assert SignUpAttempt.objects.filter(is_proven=True).count() == 4


def test_without_the_work_a_client_has_few_requests(hub: Hub, client: Client, asks_for_work: None) -> None:
    assert "Check your inbox" in fill_in(client, PAGE, filled_in(hub)).content.decode()  # a browser without script
    assert fill_in(client, PAGE, filled_in(hub)).status_code == 429
    assert client.post(API, BODY, "application/json").status_code == 429


def test_a_solution_counts_once(hub: Hub, client: Client, asks_for_work: None) -> None:
    solution = solve(client)
    answers = [client.post(API, BODY | {"altcha": solution}, "application/json").status_code for _time in range(3)]
    assert answers == [202, 202, 429]  # the second one as if there were none
    assert SignUpAttempt.objects.exclude(challenge=None).count() == 1


def test_what_is_no_solution_proves_nothing(hub: Hub, client: Client, asks_for_work: None) -> None:
    now = timezone.now()
    expired = solution_of(new_challenge("letter", now=now - timedelta(minutes=21)))
    foreign = solution_of(new_challenge("post", now=now))
    challenge = new_challenge("letter", now=now)
    easier = Challenge.from_dict(challenge.to_dict())
    easier.parameters.key_prefix = ""
    unsolved = Payload.from_base64(solution_of(challenge))
    unsolved.solution.counter += 1
    good = solution_of(challenge)
    for wrong in ("", "x", "é", "\0", "e30=", "bnVsbA==", good[:-8], "A" * 3000, expired, foreign, solution_of(easier)):
        assert solved_challenge(wrong, slug="letter") is None
    assert solved_challenge(unsolved.to_base64(), slug="letter") is None
    assert solved_challenge(good, slug="letter") == challenge.signature


@pytest.mark.parametrize("altcha", [7, None, {}, ["x"], "\ud800"])
def test_a_solution_of_another_kind_is_refused_in_words(
    hub: Hub, client: Client, asks_for_work: None, altcha: object
) -> None:
    answer = client.post(API, BODY | {"altcha": altcha}, "application/json")
    assert answer.status_code in {202, 422}
    assert SignUp.objects.count() == (answer.status_code == 202)
