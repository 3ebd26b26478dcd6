"""What a request to subscribe brings along to show that it comes from a person."""

from __future__ import annotations

import json
from dataclasses import dataclass

from django.http import HttpRequest
from django.utils import timezone

from newsletters.audience.safeguards.form_stamp import is_stamp
from newsletters.audience.safeguards.proof_of_work import solved_challenge
from newsletters.conf import conf


@dataclass(frozen=True, kw_only=True)
class Proof:
    """Whether there is all that is asked for, and which challenge was solved; each may be used once."""

    is_given: bool = True
    challenge: str | None = None


def proof_in_form(request: HttpRequest) -> Proof:
    """Return what a form brings along: the stamp of our own page, and a solution if PROOF_OF_WORK asks for one."""
    is_ours = is_stamp(request.POST.get("stamp", ""), slug=_slug(request), now=timezone.now())
    proof = _proof(request, solution=request.POST.get("altcha", ""))
    return proof if is_ours else Proof(is_given=False)


def proof_in_body(request: HttpRequest) -> Proof:
    """Return what a request to the API brings along: a solution if PROOF_OF_WORK asks for one."""
    try:
        body = json.loads(request.body)
    except (ValueError, RecursionError):  # the operation says what is wrong
        return _proof(request, solution="")
    solution = body.get("altcha") if isinstance(body, dict) else None
    return _proof(request, solution=solution if isinstance(solution, str) else "")


def _proof(request: HttpRequest, *, solution: str) -> Proof:
    if not conf.PROOF_OF_WORK:
        return Proof()
    challenge = solved_challenge(solution, slug=_slug(request))
    return Proof(is_given=challenge is not None, challenge=challenge)


def _slug(request: HttpRequest) -> str:
    return str(request.resolver_match.kwargs["slug"]) if request.resolver_match else ""
