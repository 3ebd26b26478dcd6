"""A dispatch is closed or cancelled at any moment while somebody makes a delivery wait again: nobody is lost.

On both databases, with two connections; whoever comes second waits, and sees what the first has done.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from newsletters.exceptions import AlreadySent, NoAudience
from newsletters.models import Delivery, Dispatch, Turn
from newsletters.results.actions.follow_dispatch import follow_dispatch
from newsletters.sending import ledger
from newsletters.sending.ledger.status import ledger_status
from newsletters.tasks import sweep
from newsletters.testing import DEFERRED
from tests.acceptance.meanwhile import on_a_file, whenever
from tests.newsletters.building import Hub, build_hub

pytestmark = pytest.mark.django_db(transaction=True)

NOW = timezone.now()
Status = Delivery.Status
Act = Callable[[Dispatch], Any]


@pytest.fixture
def hub(transactional_db: None, tmp_path: Path) -> Iterator[Hub]:
    hub = build_hub()
    hub.subscribe("ann", "bob", "cem")
    with on_a_file(tmp_path / "db.sqlite3"):
        yield hub


@pytest.fixture
def dispatch(hub: Hub) -> Dispatch:
    return hub.send()


def all_but_ann_have_it(dispatch: Dispatch, *, ann: dict[str, Any], status: str = "sending") -> None:
    """Put the dispatch into the state in which only Ann's delivery is not settled, whatever its state was before."""
    done = {"status": "accepted", "attempts": 1, "first_tried_at": NOW, "settled_at": NOW, "due_at": None}
    dispatch.deliveries.update(**done, worker="", leased_until=None)
    first = dispatch.deliveries.order_by("pk").first()
    assert first
    dispatch.deliveries.filter(pk=first.pk).update(settled_at=None, **ann)
    finished_at = NOW if status == "finished" else None
    Dispatch.objects.filter(pk=dispatch.pk).update(status=status, finished_at=finished_at)


def anns(dispatch: Dispatch) -> int:
    return int(dispatch.deliveries.order_by("pk").values_list("pk", flat=True)[0])


def send_again(dispatch: Dispatch) -> bool:
    return ledger.resolve_uncertain(anns(dispatch), went_out=False, now=NOW)


def send_all_again(dispatch: Dispatch) -> bool:
    return bool(ledger.resolve_all_uncertain(dispatch, went_out=False, now=NOW))


def bring_a_late_no(dispatch: Dispatch) -> bool:
    ledger.defer(anns(dispatch), worker="slept", reply=DEFERRED, now=NOW, jitter=float)
    return True


def bring_back(dispatch: Dispatch, *, by: Callable[[int], Any]) -> bool:
    """Return True, because for `whenever` None means that nobody came between."""
    by(anns(dispatch))
    return True


def finish(dispatch: Dispatch) -> bool:
    return ledger.finish_if_done(dispatch, now=NOW)


def cancel(dispatch: Dispatch) -> bool:
    return ledger.cancel(dispatch, now=NOW)


MAKE_WAIT = (send_again, send_all_again, bring_a_late_no)
CLOSE = (finish, cancel)


def see_that_nobody_is_lost(dispatch: Dispatch) -> None:
    dispatch.refresh_from_db()
    status = ledger_status(dispatch)
    assert status.adds_up, (dispatch.status, status.counts)
    assert dispatch.is_open or not status.waiting


def test_who_begins_to_wait_while_a_sending_is_closed_is_not_left_behind(dispatch: Dispatch) -> None:
    for close, make_wait in product(CLOSE, MAKE_WAIT):
        see_that_all_ends_well(dispatch, close, by=make_wait)


def test_a_sending_that_is_closed_while_somebody_begins_to_wait_leaves_nobody_behind(dispatch: Dispatch) -> None:
    for close, make_wait in product(CLOSE, MAKE_WAIT):
        see_that_all_ends_well(dispatch, make_wait, by=close)


def see_that_all_ends_well(dispatch: Dispatch, act: Act, *, by: Act) -> None:
    for ends in whenever(partial(act, dispatch), by=partial(by, dispatch), prepare=with_an_uncertain(dispatch)):
        assert not [end for end in ends if isinstance(end, Exception)], (act, by, ends)
        see_that_nobody_is_lost(dispatch)


def with_an_uncertain(dispatch: Dispatch) -> Callable[[], None]:
    return lambda: all_but_ann_have_it(dispatch, ann={"status": "uncertain", "worker": "slept"})


def test_what_comes_back_while_a_sending_is_cancelled_ends_with_it(dispatch: Dispatch) -> None:
    """The sweep has the last word: a delivery that comes back at the very moment of the cancel may wait for it."""
    flying = {"status": "in_flight", "worker": "w1", "leased_until": NOW}
    returns: dict[str, Callable[[int], Any]] = {
        "later": lambda key: ledger.defer(key, worker="w1", reply=DEFERRED, now=NOW, jitter=float),
        "no server": lambda key: ledger.put_back([key], worker="w1", status=Status.IN_FLIGHT, now=NOW),
    }
    for name, come_back in returns.items():
        for cancel_comes_first in (True, False):
            acts: list[Callable[[], Any]] = [partial(cancel, dispatch), partial(bring_back, dispatch, by=come_back)]
            act, by = acts if cancel_comes_first else reversed(acts)
            for ends in whenever(act, by=by, prepare=lambda: all_but_ann_have_it(dispatch, ann=flying)):
                assert not [end for end in ends if isinstance(end, Exception)], (name, ends)
                ledger.release_expired(now=NOW)
                see_that_nobody_is_lost(dispatch)
                assert dispatch.deliveries.get(pk=anns(dispatch)).status == "cancelled", name


def test_who_is_sent_again_while_the_rest_is_started_is_in_one_of_both(dispatch: Dispatch, hub: Hub) -> None:
    hub.subscribe("dee")  # so that there is a rest

    uncertain = with_an_uncertain(dispatch)

    def prepare() -> None:
        Delivery.objects.exclude(dispatch=dispatch).delete()
        Dispatch.objects.filter(follows=dispatch).delete()
        uncertain()
        Dispatch.objects.filter(pk=dispatch.pk).update(status="finished", finished_at=NOW)

    sender = dispatch.created_by
    assert sender is not None

    def follow() -> Any:
        return follow_dispatch(Dispatch.objects.get(pk=dispatch.pk), user=sender, now=NOW)

    for first, second in ((follow, lambda: send_again(dispatch)), (lambda: send_again(dispatch), follow)):
        for ends in whenever(first, by=second, prepare=prepare):
            assert all(isinstance(end, bool | Dispatch | AlreadySent | NoAudience) for end in ends), ends
            see_that_nobody_is_lost(dispatch)
            is_sent_again = dispatch.deliveries.get(pk=anns(dispatch)).status == "ready"
            assert [end for end in ends if isinstance(end, bool)] == [is_sent_again]
            assert Dispatch.objects.filter(issue=dispatch.issue_id, status__in=Dispatch.OPEN).count() == 1


def test_the_sweeper_lets_a_finished_sending_go_on_in_which_somebody_waits(dispatch: Dispatch) -> None:
    for left in ("ready", "deferred"):
        all_but_ann_have_it(dispatch, ann={"status": left, "due_at": NOW}, status="finished")
        dispatch.refresh_from_db()
        assert not ledger_status(dispatch).adds_up
        Turn.objects.all().delete()
        assert sweep() == [dispatch.pk]
        dispatch.refresh_from_db()
        assert (dispatch.status, dispatch.finished_at) == (Dispatch.Status.SENDING, None)
        assert ledger.claim(dispatch, worker="w1", now=timezone.now()) == [anns(dispatch)]
