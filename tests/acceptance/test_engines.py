"""What the hub requires of an engine: the database's, on the database of this test run, and RQ on a real Redis.

`python -m tests.crash` tests that the task of a killed worker is made up for, and that SIGTERM loses nothing.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from django_tasks import signals as backport_signals

from cms.background.compat import task_backends, task_signals
from cms.background.queue_probe import is_waiting
from cms.pictures.tasks import make_image_renditions
from newsletters.audience.tasks import answer_by_mail
from newsletters.models import Turn
from newsletters.sending.tasks import deliver, start_workers
from newsletters.tasks import sweep
from newsletters.testing import FakeTransport
from tests.crash.servers import Redis, free_port
from tests.newsletters.building import Hub, build_hub

Run = Callable[[], None]


@pytest.fixture(scope="module")
def redis() -> Iterator[Redis]:
    if not Redis.is_here():
        pytest.skip("there is no redis-server here; Debian's package redis-server brings it")
    pytest.importorskip("django_tasks_rq")
    server = Redis(free_port())
    server.start()
    yield server
    server.stop()


@pytest.fixture(params=["database", "redis"])
def run(request: pytest.FixtureRequest, settings: Any, db: None, monkeypatch: Any) -> Iterator[Run]:
    """Choose an engine, and return a function that runs everything that waits in its queues."""
    if request.param == "database":
        # The worker uses the test's connection, because everything is in its transaction.
        monkeypatch.setattr("django_tasks_db.management.commands.db_worker.close_old_connections", lambda: None)
        yield run_database
        return
    port = request.getfixturevalue("redis").port
    settings.RQ_QUEUES = {
        name: {"URL": f"redis://127.0.0.1:{port}/0", "DEFAULT_TIMEOUT": -1} for name in ("mails", "default")
    }
    redis = {"BACKEND": "cms.background.redis_engine.RedisBackend", "QUEUES": []}
    settings.TASKS = settings.TASKS | {"background": redis}
    forget_engine()
    yield run_redis
    forget_engine()
    from django_rq import get_connection

    get_connection("default").flushall()


def forget_engine() -> None:
    with suppress(AttributeError):  # none was made yet
        del task_backends["background"]


def run_database() -> None:
    options = ("--backend", "background", "--queue-name", "*", "--interval", "0", "--batch", "--no-startup-delay")
    call_command("db_worker", *options, verbosity=0)


def run_redis() -> None:
    from django_rq.workers import get_worker
    from rq import SimpleWorker
    from rq.scheduler import RQScheduler

    from cms.background.redis_engine import QUEUES

    worker = get_worker(*QUEUES, worker_class=SimpleWorker, job_class="django_tasks_rq.Job")
    scheduler = RQScheduler(worker.queues, connection=worker.connection)
    scheduler.acquire_locks()
    scheduler.enqueue_scheduled_jobs()
    scheduler.release_locks()
    worker.work(burst=True, logging_level="ERROR")


@pytest.fixture
def begun() -> Iterator[list[str]]:
    """The names of the tasks that have begun, in order."""
    names: list[str] = []

    def note(*, task_result: Any, **kwargs: Any) -> None:
        names.append(task_result.task.name)

    for each in {backport_signals.task_started, task_signals.task_started}:
        each.connect(note)
    yield names
    for each in {backport_signals.task_started, task_signals.task_started}:
        each.disconnect(note)


@pytest.fixture(autouse=True)
def own_signals() -> Iterator[None]:
    """Workers put handlers of their own in place."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def hub(db: None) -> Hub:
    hub = build_hub()
    hub.subscribe("ann", "bob", "cem")
    return hub


def test_mails_come_before_pictures_and_who_waits_for_a_confirmation_before_both(run: Run, begun: list[str]) -> None:
    make_image_renditions.enqueue(image_id=999_999)
    deliver.enqueue(999_999, 1)
    answer_by_mail.enqueue(999_999)
    run()
    assert begun == ["answer_by_mail", "deliver", "make_image_renditions"]


def test_a_task_waits_for_its_time(run: Run, begun: list[str]) -> None:
    now = timezone.now()
    deliver.using(run_after=now + timedelta(hours=1)).enqueue(999_999, 1)
    run()
    assert begun == []
    deliver.using(run_after=now - timedelta(seconds=1)).enqueue(999_999, 2)
    run()
    assert begun == ["deliver"]


def test_a_dispatch_is_sent_turn_by_turn_and_a_task_that_comes_twice_sends_once(
    run: Run, begun: list[str], hub: Hub, settings: Any
) -> None:
    transport = FakeTransport()
    small = {"CLAIM_SIZE": 1, "BATCH_SIZE": 1, "WORKERS_PER_DISPATCH": 2, "TRANSPORT": transport.as_setting()}
    settings.HUB_NEWSLETTERS = settings.HUB_NEWSLETTERS | small
    dispatch = hub.send()
    assert start_workers(dispatch) == 2
    turn = Turn.objects.earliest("pk")
    deliver.enqueue(dispatch.pk, turn.pk)
    assert sweep() == []
    run()
    assert len(transport.handovers) == 3
    assert not Turn.objects.exists()
    dispatch.refresh_from_db()
    assert dispatch.status == "finished"


def test_a_task_that_an_engine_lost_is_made_up_for(run: Run, hub: Hub, settings: Any) -> None:
    transport = FakeTransport()
    settings.HUB_NEWSLETTERS = settings.HUB_NEWSLETTERS | {"TRANSPORT": transport.as_setting()}
    dispatch = hub.send()
    Turn.objects.create(dispatch=dispatch, expires_at=timezone.now() + timedelta(minutes=1))  # with no task behind it
    assert sweep() == []
    Turn.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert sweep() == [dispatch.pk]
    run()
    assert len(transport.handovers) == 3


def test_while_no_worker_is_there_the_tasks_that_wait_stay_as_few(run: Run, hub: Hub, settings: Any) -> None:
    transport = FakeTransport()
    small = {"CLAIM_SIZE": 1, "WORKERS_PER_DISPATCH": 2, "TRANSPORT": transport.as_setting()}
    settings.HUB_NEWSLETTERS = settings.HUB_NEWSLETTERS | small
    dispatch = hub.send()
    assert start_workers(dispatch) == 2
    for _hour in range(3):
        Turn.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        assert sweep() == []
    run()
    assert len(transport.handovers) == 3
    assert not Turn.objects.exists()


def test_a_task_for_later_is_not_one_that_waits_for_a_worker(run: Run) -> None:
    assert not is_waiting(deliver, 1, 2)
    deliver.using(run_after=timezone.now() + timedelta(hours=1)).enqueue(1, 2)
    deliver.enqueue(1, 3)
    assert not is_waiting(deliver, 1, 2)
    assert is_waiting(deliver, 1, 3)
    run()
    assert not is_waiting(deliver, 1, 3)


def test_the_worker_of_an_unknown_engine_is_not_ours_to_start(settings: Any) -> None:
    settings.TASKS = {"background": {"BACKEND": "django_tasks.backends.dummy.DummyBackend"}}
    with pytest.raises(CommandError, match="DummyBackend"):
        call_command("worker", stderr=StringIO())
