"""Pause, resume or cancel a dispatch when a person asks for it."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import AnonymousUser, User
from django.db import transaction
from wagtail.admin.utils import get_user_display_name
from wagtail.log_actions import log

from newsletters.models import Dispatch
from newsletters.publications.permissions import require
from newsletters.sending import ledger
from newsletters.values.remarks import Remark


@transaction.atomic
def steer_dispatch(dispatch: Dispatch, *, verb: str, user: User | AnonymousUser, now: datetime) -> bool:
    """Do what `verb` says ("pause", "resume" or "cancel"); return False if the dispatch's state did not allow it.

    The caller starts workers after a resume.
    """
    require(user, "send", dispatch.newsletter)
    match verb:
        case "pause":
            done = ledger.pause(dispatch, why=Remark.PAUSED.with_detail(get_user_display_name(user)))
        case "resume":
            done = ledger.resume(dispatch)
        case "cancel":
            done = ledger.cancel(dispatch, now=now)
        case _unknown:
            raise ValueError(verb)
    if done:
        log(instance=dispatch.issue, action=f"hub_newsletters.{verb}", user=user, data={"dispatch": dispatch.pk})
    return done
