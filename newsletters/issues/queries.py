"""The sendings of an issue and of its newsletter."""

from __future__ import annotations

from newsletters.models import Dispatch, IssuePage, Newsletter


def last_dispatch(newsletter: Newsletter) -> Dispatch | None:
    """Return the newsletter's newest dispatch that was not cancelled."""
    return newsletter.dispatches.exclude(status=Dispatch.Status.CANCELLED).select_related("issue").first()


def current_dispatch(issue: IssuePage) -> Dispatch | None:
    """Return the issue's dispatch, None if it was never sent or its sending was cancelled."""
    return issue.dispatches.exclude(status=Dispatch.Status.CANCELLED).first()
