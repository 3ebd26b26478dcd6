"""The stamp in a sign-up form: it says when the page was made, and for which newsletter. No cookie is needed."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.core.signing import BadSignature, Signer

from newsletters.conf import conf

LONGEST = timedelta(days=1)  # a form that was open for longer counts as one without a stamp

_signer = Signer(salt="hub_newsletters.form_stamp")


def make_stamp(slug: str, *, now: datetime) -> str:
    """Return the stamp of a form that is shown now, for the newsletter with this slug."""
    return _signer.sign(f"{slug}.{int(now.timestamp())}")


def is_stamp(stamp: str, *, slug: str, now: datetime) -> bool:
    """Say whether this is the stamp of a form of ours, for this newsletter, and not older than a day."""
    age = _age(stamp, slug=slug, now=now)
    return age is not None and age <= LONGEST


def is_too_quick(stamp: str, *, slug: str, now: datetime) -> bool:
    """Say whether the form came back within SIGN_UP_LEAST_SECONDS: no person is as fast."""
    age = _age(stamp, slug=slug, now=now)
    return age is not None and age < timedelta(seconds=conf.SIGN_UP_LEAST_SECONDS or 0)


def _age(stamp: str, *, slug: str, now: datetime) -> timedelta | None:
    try:
        made_for, _dot, seconds = _signer.unsign(stamp).rpartition(".")
    except BadSignature:
        return None
    return timedelta(seconds=now.timestamp() - int(seconds)) if made_for == slug else None
