"""The line of steps at the top of an issue's pages."""

from __future__ import annotations

from typing import Any

from newsletters.models import Dispatch, Schedule
from newsletters.values.issue_states import IssueState


def steps_to(state: IssueState, *, dispatch: Dispatch | None) -> list[dict[str, Any]]:
    """Return the states as the line at the top of a page shows them, when the issue is in this one.

    What is sent, and was sent by hand, has never been scheduled.
    """
    by_hand = dispatch and not Schedule.objects.filter(dispatch=dispatch.follows_id or dispatch.pk).exists()
    states = [one for one in IssueState if not (by_hand and one == IssueState.SCHEDULED)]
    now = states.index(state)
    return [{"label": one.label, "is_now": index == now, "is_past": index < now} for index, one in enumerate(states)]
