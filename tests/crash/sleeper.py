"""A worker that is stopped between take-off and the end of its first mail, and other workers: sleeper.py sleep|others.

Its process stops itself there (SIGSTOP) and continues on SIGCONT.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from unittest.mock import patch

import django


def sleep() -> None:
    """Send everything, with a sleep before the end of the first mail."""
    from newsletters.sending.transport.conversation import Conversation

    expect_silence = Conversation._expect_silence  # noqa: SLF001 - nothing public is called at that moment

    def stop_once(conversation: Conversation) -> None:
        stopping.stop()
        os.kill(os.getpid(), signal.SIGSTOP)
        expect_silence(conversation)

    stopping = patch.object(Conversation, "_expect_silence", stop_once)
    stopping.start()
    _send("sleeper")


def others() -> None:
    """Wait until the sleeper's mail is uncertain, press "Send again" and send everything."""
    from django.contrib.auth import get_user_model
    from django.test import Client
    from django.urls import reverse
    from django.utils import timezone

    from newsletters.models import Delivery
    from newsletters.sending import ledger

    ends = time.monotonic() + 60
    while not (found := Delivery.objects.filter(status="uncertain").first()):
        if time.monotonic() > ends:
            raise TimeoutError("the sleeper's mail is not uncertain")
        time.sleep(0.05)
        ledger.release_expired(now=timezone.now())
    staff = Client(headers={"host": "hub.test"})
    staff.force_login(get_user_model().objects.get(username="approver"))
    address = reverse("newsletters_admin:uncertain", args=[found.dispatch_id])
    assert "last alive on" in staff.get(address).content.decode()
    assert staff.post(address, {"key": found.pk, "went_out": "no"}).status_code == 302
    _send("other")


def _send(worker: str) -> None:
    from django.utils import timezone

    from newsletters.models import Dispatch
    from newsletters.sending.engine.send_batch import send_batch
    from newsletters.sending.transport.seam import configured_transport

    dispatch = Dispatch.objects.select_related("newsletter").get()
    send_batch(dispatch, transport=configured_transport(), worker=worker, clock=timezone.now)


if __name__ == "__main__":
    django.setup()
    {"sleep": sleep, "others": others}[sys.argv[1]]()
