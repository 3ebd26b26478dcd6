"""`dispatch_status` and `sweep`, and the tasks that the sweep starts."""

from __future__ import annotations

import json
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from demo.inbox import Inbox
from demo.issue import send_all
from newsletters.conf import conf
from newsletters.models import Dispatch, IssuePage, Subscription, Turn
from newsletters.results.actions.follow_dispatch import follow_dispatch
from newsletters.sending import ledger
from newsletters.sending.ledger import worker_slots
from newsletters.sending.tasks import deliver, start_workers
from newsletters.tasks import sweep
from newsletters.testing import DEFERRED, REFUSED, FakeTransport
from tests.newsletters.conftest import states


def printed(*arguments: str) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


@pytest.fixture
def dispatch(hub: Any) -> Dispatch:
    hub.subscribe("ann", "bob", "cem")
    hub.subscribe("dee", themes=["climate"])
    return hub.send()


@pytest.fixture
def configured(settings: Any) -> FakeTransport:
    """The transport that the settings name."""
    transport = FakeTransport()
    settings.HUB_NEWSLETTERS = settings.HUB_NEWSLETTERS | {"TRANSPORT": transport.as_setting()}
    return transport


def turn(dispatch: Dispatch) -> int:
    """Do what a worker does that gets a slot now; return how many deliveries it handled."""
    row = Turn.objects.create(dispatch=dispatch, expires_at=timezone.now() + timedelta(minutes=1))
    return deliver.func(dispatch.pk, row.pk)


def waiting_tasks() -> int:
    return DBTaskResult.objects.filter(task_path="newsletters.sending.tasks.deliver", status="READY").count()


def test_the_status_accounts_for_everybody(hub: Any, dispatch: Dispatch, work: Any) -> None:
    work(dispatch, FakeTransport(replies={"bob@example.org": [REFUSED]}))
    printed_lines = printed("dispatch_status", hub.issue.slug).splitlines()
    lines = {name: rest.strip() for name, _space, rest in (line.partition(" ") for line in printed_lines)}
    assert (lines["status"], lines["audience"], lines["accepted"], lines["adds_up"]) == ("finished", "4", "2", "True")
    assert lines["excluded_by_reason"] == "{'no_stories': 1}"


def test_the_status_comes_as_one_line_of_json(hub: Any, dispatch: Dispatch, work: Any) -> None:
    work(dispatch, FakeTransport(replies={"bob@example.org": [REFUSED], "ann@example.org": [DEFERRED]}))
    (line,) = printed("dispatch_status", str(hub.issue.pk), "--json").splitlines()
    figures = json.loads(line)
    assert figures["audience"] == 4
    counted = {name: figures[name] for name in ("accepted", "rejected", "deferred", "excluded", "ready", "uncertain")}
    assert counted == {"accepted": 1, "rejected": 1, "deferred": 1, "excluded": 1, "ready": 0, "uncertain": 0}
    assert figures["excluded_by_reason"] == {"no_stories": 1}
    assert figures["adds_up"] is True
    assert figures["status"] == "sending"


def test_the_status_says_for_what_it_waits_and_until_when(hub: Any, dispatch: Dispatch, work: Any) -> None:
    work(dispatch, FakeTransport(down_after=0))
    figures = json.loads(printed("dispatch_status", str(hub.issue.pk), "--json"))
    assert dispatch.retry_at is not None
    assert (figures["reason"], figures["goes_on_at"]) == ("connection refused", dispatch.retry_at.isoformat())


def test_the_status_says_that_no_worker_is_there(hub: Any, dispatch: Dispatch) -> None:
    Dispatch.objects.update(created_at=timezone.now() - timedelta(minutes=1))
    assert json.loads(printed("dispatch_status", str(hub.issue.pk), "--json"))["stands_still"] is True
    assert "There is no worker to send it." in printed("dispatch_status", str(hub.issue.pk))


def told(*arguments: str) -> list[dict[str, Any]]:
    """Return the command's JSON, one line for each dispatch."""
    return [json.loads(line) for line in printed("dispatch_status", *arguments, "--json").splitlines()]


def test_the_status_tells_a_sending_that_was_cancelled(hub: Any, dispatch: Dispatch, clock: Any, work: Any) -> None:
    work(dispatch, FakeTransport(on_send=lambda message: ledger.cancel(dispatch, now=clock())))
    by_issue, by_number = told(hub.issue.slug), told("--sending", str(dispatch.pk))
    assert by_issue == by_number
    (figures,) = by_issue
    counted = {name: figures[name] for name in ("status", "accepted", "cancelled", "excluded", "adds_up")}
    assert counted == {"status": "cancelled", "accepted": 1, "cancelled": 2, "excluded": 1, "adds_up": True}


def test_the_status_tells_all_sendings_of_an_issue_the_newest_first(
    hub: Any, dispatch: Dispatch, clock: Any, work: Any
) -> None:
    ledger.cancel(dispatch, now=clock())
    second = hub.send()
    work(second, FakeTransport())
    hub.subscribe("eve")
    rest = follow_dispatch(second, user=hub.users["approver"], now=clock.forward(minutes=1))
    figures = told(hub.issue.slug)
    assert [(each["dispatch"], each["status"], each["follows"]) for each in figures] == [
        (rest.pk, "sending", second.pk),
        (second.pk, "finished", None),
        (dispatch.pk, "cancelled", None),
    ]
    assert told("--sending", str(second.pk)) == [figures[1]]
    headings = [
        line.split()[1] for line in printed("dispatch_status", hub.issue.slug).splitlines() if "dispatch" in line
    ]
    assert headings == [str(each["dispatch"]) for each in figures]


def test_a_number_that_no_issue_has_is_that_of_a_sending(dispatch: Dispatch) -> None:
    moved = Dispatch.objects.get(pk=dispatch.pk)
    moved.pk, moved.key, moved.status, moved.finished_at = 987_654, "another", "cancelled", timezone.now()
    moved.save(force_insert=True)
    with pytest.raises(CommandError, match="The states of sending 987654 do not add up to its audience"):
        printed("dispatch_status", "987654")


def test_a_slug_of_digits_is_found_as_well(hub: Any, dispatch: Dispatch) -> None:
    IssuePage.objects.filter(pk=hub.issue.pk).update(slug="2026")
    assert [each["page"] for each in told("2026")] == [hub.issue.pk]


def ended_with(*arguments: str) -> tuple[int, str]:
    """Return the exit status of the command, 0 to 2, and its message."""
    try:
        printed("dispatch_status", *arguments)
    except CommandError as error:
        return error.returncode, str(error)
    return 0, ""


def test_a_database_that_does_not_answer_is_said_and_no_sum_is_doubted(monkeypatch: Any, dispatch: Dispatch) -> None:
    def away(*args: Any) -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr("newsletters.management.commands.dispatch_status.ledger_status", away)
    status, words = ended_with("--sending", str(dispatch.pk))
    assert (status, words) == (2, "The database does not answer: connection refused")


def test_the_exit_status_says_whether_the_sums_hold(hub: Any, dispatch: Dispatch, clock: Any, work: Any) -> None:
    issue = str(hub.issue.pk)
    assert ended_with(issue, "--json") == (0, "")
    work(dispatch, FakeTransport())
    dispatch.deliveries.filter(status="accepted").update(status="ready", settled_at=None)
    words = f"Sending {dispatch.pk} does not add up: it is finished, and 3 still wait."
    assert ended_with(issue) == ended_with(issue, "--json") == ended_with("--sending", str(dispatch.pk)) == (1, words)
    Dispatch.objects.update(status="cancelled")
    assert ended_with(issue) == (1, words.replace("finished", "cancelled"))
    lease = {"status": "in_flight", "leased_until": clock(), "worker": "w1"}
    dispatch.deliveries.filter(status="ready").update(**lease)
    assert ended_with(issue) == (0, ""), "what was in flight when it was cancelled still gets its answer"
    dispatch.deliveries.earliest("pk").delete()
    status, words = ended_with(issue, "--json")
    assert (status, "do not add up to its audience" in words) == (1, True)


@pytest.mark.parametrize("name", ["nothing", "99999", "9" * 40, "²", ""])
def test_an_unknown_issue_is_a_clear_error(hub: Any, name: str) -> None:
    known = f"There is no issue “{name}”. The newest are: {hub.issue.slug}."
    assert ended_with(name) == (2, known)


def test_bytes_that_are_no_letters_are_an_unknown_issue(hub: Any) -> None:
    status, words = ended_with("caf\udce9")  # as a shell in another encoding writes it
    assert (status, words.split(".")[0]) == (2, "There is no issue “caf?”")


def test_an_unknown_sending_is_a_clear_error(hub: Any) -> None:
    for number in ("99999", "9" * 40, "-1"):
        assert ended_with(f"--sending={number}") == (2, f"There is no sending {number}.")


def test_an_issue_that_was_not_sent_is_a_clear_error(hub: Any) -> None:
    assert ended_with(hub.issue.slug) == (2, f"“{hub.issue.title}” has not been sent.")


def test_sweeping_starts_what_is_missing(dispatch: Dispatch) -> None:
    assert waiting_tasks() == 0
    assert printed("sweep") == f"started workers for dispatch {dispatch.pk}\n"
    assert waiting_tasks() == 1


def test_sweeping_frees_what_a_dead_worker_held_and_starts_it(
    dispatch: Dispatch, clock: Any, configured: FakeTransport, caplog: Any
) -> None:
    clock.forward(seconds=-2 * conf.LEASE_SECONDS)
    first, *_others = ledger.claim(dispatch, worker="dead", now=clock())
    assert ledger.put_in_flight(first, worker="dead", now=clock())
    sweep()
    assert states(dispatch) == {"uncertain": 1, "ready": 2, "excluded": 1}
    assert "1 are uncertain" in caplog.text
    assert turn(dispatch) == 2
    assert states(dispatch) == {"uncertain": 1, "accepted": 2, "excluded": 1}


def test_sweeping_starts_nothing_that_is_paused_finished_or_waits_for_the_server(
    hub: Any, dispatch: Dispatch, clock: Any, work: Any
) -> None:
    ledger.pause(dispatch, why="test")
    assert sweep() == []
    ledger.resume(dispatch)
    clock.at = timezone.now()  # the sweep has no other clock
    work(dispatch, FakeTransport(down_after=0))
    assert dispatch.retry_at is not None
    Dispatch.objects.update(retry_at=timezone.now() + timedelta(hours=1))  # a slow machine does not make it due
    assert sweep() == []
    Dispatch.objects.update(retry_at=hub.now)
    assert sweep() == [dispatch.pk]
    work(dispatch, FakeTransport())
    assert sweep() == []
    assert dispatch.status == Dispatch.Status.FINISHED


def test_sweeping_closes_what_is_done(hub: Any, clock: Any, dispatch: Dispatch) -> None:
    for subscription in Subscription.objects.filter(deliveries__dispatch=dispatch, deliveries__status="ready"):
        ledger.exclude_unsubscribed(subscription.pk, now=clock())
    assert sweep() == []
    dispatch.refresh_from_db()
    assert dispatch.status == Dispatch.Status.FINISHED


def test_a_task_that_runs_twice_sends_once(dispatch: Dispatch, configured: FakeTransport) -> None:
    assert turn(dispatch) == 3
    assert turn(dispatch) == 0
    assert len(configured.handovers) == 3


def test_a_task_passes_its_turn_on_while_there_is_more(
    dispatch: Dispatch, configured: FakeTransport, settings: Any
) -> None:
    settings.HUB_NEWSLETTERS = settings.HUB_NEWSLETTERS | {"BATCH_SIZE": 1, "CLAIM_SIZE": 1}
    for left in (1, 2, 2):
        turn(dispatch)
        assert waiting_tasks() == Turn.objects.count() == left
    assert states(dispatch) == {"accepted": 3, "excluded": 1}


def test_however_often_one_sweeps_the_tasks_that_wait_stay_few(dispatch: Dispatch, settings: Any) -> None:
    settings.HUB_NEWSLETTERS = settings.HUB_NEWSLETTERS | {"CLAIM_SIZE": 1, "WORKERS_PER_DISPATCH": 2}
    assert sweep() == [dispatch.pk]
    assert [sweep() for _again in range(3)] == [[], [], []]
    assert waiting_tasks() == 2


def test_a_task_that_got_lost_is_replaced_and_does_nothing_if_it_comes_back(
    dispatch: Dispatch, configured: FakeTransport
) -> None:
    assert start_workers(dispatch) == 1
    lost = Turn.objects.get()
    DBTaskResult.objects.all().delete()
    Turn.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert start_workers(dispatch) == 1
    assert deliver.func(dispatch.pk, lost.pk) == 0
    assert deliver.func(dispatch.pk, Turn.objects.get().pk) == 3
    assert not Turn.objects.exists()


def test_a_worker_that_lives_keeps_its_turn_and_one_that_lost_it_stops(
    dispatch: Dispatch, settings: Any, caplog: Any
) -> None:
    settings.HUB_NEWSLETTERS = settings.HUB_NEWSLETTERS | {"TURN_SECONDS": 0}
    seen: list[int] = []

    def lose_it(message: Any) -> None:
        seen.append(Turn.objects.count())
        if len(seen) == 2:
            Turn.objects.all().delete()

    transport = FakeTransport(on_send=lose_it)
    settings.HUB_NEWSLETTERS = settings.HUB_NEWSLETTERS | {"TRANSPORT": transport.as_setting()}
    assert turn(dispatch) == 2
    assert seen == [1, 1]
    assert states(dispatch) == {"accepted": 2, "ready": 1, "excluded": 1}
    assert waiting_tasks() == 0


def test_a_turn_that_cannot_be_kept_while_the_database_is_away_stops_nobody(
    dispatch: Dispatch, configured: FakeTransport, settings: Any, monkeypatch: Any
) -> None:
    """The worker has an answer at that moment, and keeps trying to record it."""
    settings.HUB_NEWSLETTERS = settings.HUB_NEWSLETTERS | {"TURN_SECONDS": 0}

    def keep(turn_pk: int, *, now: Any) -> bool:
        if configured.handovers:
            raise OperationalError("the database is away")
        return True

    monkeypatch.setattr(worker_slots, "keep", keep)
    assert turn(dispatch) == 3
    assert states(dispatch) == {"accepted": 3, "excluded": 1}


def test_an_engine_that_cannot_be_reached_leaves_the_work_to_the_sweeper(
    dispatch: Dispatch, monkeypatch: Any, caplog: Any
) -> None:
    def fail(*args: Any) -> None:
        raise ConnectionError("no engine")

    with monkeypatch.context() as broken:
        broken.setattr(type(deliver), "enqueue", fail)
        assert start_workers(dispatch) == 0
    assert "its task cannot be put into the queue" in caplog.text
    assert sweep() == [dispatch.pk]
    assert waiting_tasks() == 1


def test_a_task_for_a_dispatch_that_is_gone_or_paused_does_nothing(
    dispatch: Dispatch, configured: FakeTransport
) -> None:
    ledger.pause(dispatch, why="test")
    assert turn(dispatch) == 0
    assert deliver.func(999_999, 1) == 0
    assert configured.handovers == []


def test_an_outage_starts_no_storm_of_tasks(dispatch: Dispatch, configured: FakeTransport) -> None:
    configured.down_after = 1
    turn(dispatch)
    assert waiting_tasks() == 0
    assert states(dispatch) == {"accepted": 1, "ready": 2, "excluded": 1}


def test_the_demo_does_not_wait_for_a_sending_that_somebody_paused(dispatch: Dispatch, monkeypatch: Any) -> None:
    monkeypatch.setattr("demo.issue.run_one_task", lambda: None)
    monkeypatch.setattr("demo.issue.time.sleep", lambda seconds: pytest.fail("It waits."))
    ledger.pause(dispatch, why="")
    told: list[tuple[int, int]] = []
    send_all(Dispatch.objects.get(pk=dispatch.pk), inbox=Inbox(Path("nowhere")), say=lambda *how: told.append(how))
    assert told == [(1, 4)]
