"""The line of steps at the top of an issue's pages."""

from __future__ import annotations

from typing import TypedDict

from django.utils.functional import Promise

from newsletters.models import Dispatch, Schedule
from newsletters.values.issue_states import IssueState


class Step(TypedDict):
    """One step in the line, as the template shows it."""

    label: str | Promise
    is_now: bool
    is_past: bool


def steps_to(state: IssueState, *, dispatch: Dispatch | None) -> list[Step]:
    """Return the states as the line at the top of a page shows them while the issue is in this state.

    An issue that was sent by hand was never scheduled.
    """
    by_hand = dispatch and not Schedule.objects.filter(dispatch=dispatch.follows_id or dispatch.pk).exists()
    states = [step for step in IssueState if not (by_hand and step == IssueState.SCHEDULED)]
    now = states.index(state)
    return [Step(label=step.label, is_now=index == now, is_past=index < now) for index, step in enumerate(states)]
