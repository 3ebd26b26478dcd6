"""Each row lock, and the rule that it enforces: two people at once, with two connections, on PostgreSQL.

SQLite locks the whole database for each writer; tests/acceptance/test_closing.py tests the rules that matter there.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone
from wagtail.models import Collection

from cms.pictures.renditions import make_renditions
from newsletters.audience.actions.change_subscription import unsubscribe
from newsletters.audience.actions.confirm_sign_up import confirm_sign_up
from newsletters.audience.actions.request_subscription import request_subscription
from newsletters.exceptions import CorrectionRefused
from newsletters.issues.actions.approve_issue import approve_issue
from newsletters.issues.actions.correct_dispatch import correct_dispatch
from newsletters.issues.actions.schedule_issue import schedule_issue
from newsletters.models import (
    Allowance,
    ConsentEvent,
    ConsentSource,
    Delivery,
    Dispatch,
    IssuePage,
    Schedule,
    SendingCount,
    SignUp,
    Subscriber,
    Subscription,
    Turn,
)
from newsletters.sending import ledger
from newsletters.sending.ledger import worker_slots
from newsletters.values.subscriber_details import SubscriberDetails
from tests.acceptance.meanwhile import interrupted, whenever
from tests.acceptance.test_workers import needs_postgres
from tests.newsletters.building import Hub, build_hub

pytestmark = pytest.mark.django_db(transaction=True)

NOW = timezone.now()
Status = Subscription.Status


@pytest.fixture
def hub(transactional_db: None) -> Hub:
    needs_postgres()
    return build_hub()


def test_workers_share_one_limit_of_speed(hub: Hub, settings: Any) -> None:
    settings.HUB_NEWSLETTERS = settings.HUB_NEWSLETTERS | {"CLAIM_SIZE": 3}
    hub.subscribe(*(f"reader{number}" for number in range(6)))
    hub.newsletter.most_per_hour = 4
    hub.newsletter.save()
    dispatch = hub.send()
    Allowance.objects.create(scope=f"newsletter {hub.newsletter.pk}")  # two that make it would wait for each other

    def prepare() -> None:
        SendingCount.objects.all().delete()
        Dispatch.objects.update(retry_at=None, status_reason="")
        dispatch.deliveries.update(status="ready", worker="", leased_until=None)

    def claim(worker: str) -> list[int]:
        return ledger.claim(dispatch, worker=worker, now=NOW)

    for claimed in whenever(partial(claim, "w1"), by=partial(claim, "w2"), prepare=prepare):
        assert sorted(map(len, claimed)) == [1, 3], claimed


def test_a_worker_that_waits_for_its_speed_and_who_cancels_do_not_wait_for_each_other(hub: Hub) -> None:
    hub.subscribe("ann", "bob")
    hub.newsletter.most_per_hour = 1
    hub.newsletter.save()
    dispatch = hub.send()
    allowance = Allowance.objects.create(scope=f"newsletter {hub.newsletter.pk}")
    SendingCount.objects.create(allowance=allowance, minute=NOW.replace(second=0, microsecond=0), count=1)

    def prepare() -> None:
        Dispatch.objects.update(status="sending", finished_at=None, retry_at=None, status_reason="")
        dispatch.deliveries.update(status="ready", settled_at=None)

    def claim() -> list[int]:
        return ledger.claim(dispatch, worker="w1", now=NOW)

    for ends in whenever(claim, by=lambda: ledger.cancel(dispatch, now=NOW), prepare=prepare):
        assert ends == ([], True)
        assert list(dispatch.deliveries.values_list("status", flat=True)) == ["cancelled", "cancelled"]


def test_sweepers_hand_out_few_turns_together(hub: Hub) -> None:
    hub.subscribe("ann")
    dispatch = hub.send()

    def hand_out() -> list[int]:
        return worker_slots.hand_out(dispatch, wanted=2, now=NOW, still_waits=lambda key: False)

    for handed_out in whenever(hand_out, by=hand_out, prepare=Turn.objects.all().delete):
        assert sorted(map(len, handed_out)) == [0, 2], handed_out


def test_two_who_have_two_readers_sent_again_both_succeed(hub: Hub) -> None:
    hub.subscribe("ann", "bob")
    dispatch = hub.send()
    keys = list(dispatch.deliveries.order_by("pk").values_list("pk", flat=True))

    def prepare() -> None:
        lost = {"status": "uncertain", "attempts": 1, "first_tried_at": NOW}
        dispatch.deliveries.update(**lost)
        Dispatch.objects.update(status="finished", finished_at=NOW)

    def send_again(key: int) -> bool:
        return ledger.resolve_uncertain(key, went_out=False, now=NOW)

    for ends in whenever(partial(send_again, keys[0]), by=partial(send_again, keys[1]), prepare=prepare):
        assert ends == (True, True)
        assert list(dispatch.deliveries.values_list("status", flat=True)) == ["ready", "ready"]
        assert Dispatch.objects.get().status == Dispatch.Status.SENDING


def test_a_sending_that_is_resumed_while_it_is_corrected_sends_what_is_right(hub: Hub) -> None:
    hub.subscribe("ann")
    dispatch = hub.send()
    ledger.pause(dispatch, why="a wrong title")
    hub.edit(words={"en": {"subject": "Better"}})
    issue = IssuePage.objects.get(pk=hub.issue.pk)
    approve_issue(issue, seen_hash=hub.compile().content_hash, user=hub.users["approver"], now=timezone.now())

    def correct() -> int:
        return correct_dispatch(dispatch, user=hub.users["approver"], now=timezone.now())

    def resume_and_claim() -> list[str]:
        assert ledger.resume(dispatch)
        claimed = Delivery.objects.filter(pk__in=ledger.claim(dispatch, worker="w1", now=NOW))
        return list(claimed.values_list("edition__subject", flat=True))

    corrected, claimed = interrupted(correct, after=1, by=resume_and_claim, in_transaction=True)
    assert (corrected, claimed) == (1, ["Better"])
    with pytest.raises(CorrectionRefused):
        correct_dispatch(Dispatch.objects.get(), user=hub.users["approver"], now=timezone.now())


def test_of_two_who_schedule_at_once_the_later_one_moves_it(hub: Hub) -> None:
    hub.subscribe("ann")
    hub.approve()

    def schedule(hours: int) -> Schedule:
        issue, send_at = IssuePage.objects.get(pk=hub.issue.pk), NOW + timedelta(hours=hours)
        return schedule_issue(issue, send_at=send_at, user=hub.users["approver"], now=timezone.now())

    for after in (1, 2):
        Schedule.objects.all().delete()
        ends = interrupted(partial(schedule, 1), after=after, by=partial(schedule, 2), in_transaction=True)
        assert ends[0].pk == ends[1].pk
        assert Schedule.objects.get().send_at == NOW + timedelta(hours=2)


@pytest.fixture
def asked(hub: Hub) -> tuple[SignUp, Callable[[], None]]:
    """A request that waits for its confirmation, and a function that restores this state."""
    sign_up = ask(hub)

    def prepare() -> None:
        Subscriber.objects.all().delete()
        SignUp.objects.exclude(pk=sign_up.pk).delete()
        SignUp.objects.update(status=SignUp.Status.WAITING)

    return sign_up, prepare


def ask(hub: Hub) -> SignUp:
    details = SubscriberDetails(email="ann@example.org", first_name="Ann")
    choices: dict[str, Any] = {"locale": hub.locales["en"], "themes": [], "wording": "", "source": ConsentSource.API}
    return request_subscription(newsletter=hub.newsletter, details=details, now=NOW, **choices)


def confirmed(sign_up: SignUp) -> bool:
    confirm_sign_up(SignUp.objects.get(pk=sign_up.pk), wording="", now=NOW)
    return True


def test_who_confirms_twice_at_once_confirms_once(asked: Any) -> None:
    sign_up, prepare = asked
    act = partial(confirmed, sign_up)
    for ends in whenever(act, by=act, prepare=prepare):
        assert ends == (True, True)
        assert [event.kind for event in ConsentEvent.objects.all()] == ["confirmed", "requested"]


def test_who_leaves_beside_a_confirmation_stays_gone(hub: Hub, asked: Any) -> None:
    sign_up, restore = asked

    def prepare() -> None:
        restore()
        hub.subscribe("ann")

    def leave() -> bool:
        unsubscribe(Subscription.objects.get(), source=ConsentSource.ONE_CLICK, now=NOW)
        return True

    for ends in whenever(partial(confirmed, sign_up), by=leave, prepare=prepare):
        assert ends == (True, True)
        assert Subscription.objects.get().status == Status.ENDED


def test_who_confirms_two_requests_at_once_has_one_subscription(hub: Hub, asked: Any) -> None:
    sign_up, restore = asked
    others: list[SignUp] = []

    def prepare() -> None:
        restore()
        others[:] = [ask(hub)]

    for ends in whenever(partial(confirmed, sign_up), by=lambda: confirmed(others[0]), prepare=prepare):
        assert ends == (True, True)
        assert Subscription.objects.get().status == Status.ACTIVE


def test_a_picture_that_is_replaced_keeps_no_rendition_of_the_old_file(transactional_db: None, make_image: Any) -> None:
    needs_postgres()
    if not Collection.objects.exists():
        Collection.add_root(name="Root")
    image = make_image("Old", width=40, height=20)
    old, model = image.file.name, type(image)

    def prepare() -> None:
        image.renditions.all().delete()
        model.objects.filter(pk=image.pk).update(file=old)

    def make() -> int:
        return make_renditions(image=model.objects.get(pk=image.pk))

    def replace() -> bool:
        with transaction.atomic():  # as Wagtail's form does it
            current = model.objects.get(pk=image.pk)
            current.file.save("new.png", ContentFile(b"another file"), save=False)
            model.objects.filter(pk=image.pk).update(file=current.file.name)
            current.renditions.all().delete()
        return True

    for ends in whenever(make, by=replace, prepare=prepare):
        assert ends[1] is True
        assert not image.renditions.exists()
