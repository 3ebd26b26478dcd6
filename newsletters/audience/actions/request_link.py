"""Ask for the link to one's own page: it is mailed, so that only the owner of the address gets it."""

from __future__ import annotations

from datetime import datetime

from wagtail.models import Locale

from newsletters.models import ConsentSource, Newsletter, SignUp, ThemeSet


def request_link(*, email: str, newsletter: Newsletter, locale: Locale, now: datetime) -> SignUp:
    """Note the request and return it; `answer_sign_up` sends the mail, in the newsletter's look.

    Nobody is told whether there is such a subscriber: to others no mail is sent.
    """
    return SignUp.objects.create(
        kind=SignUp.Kind.LINK,
        email=email,
        newsletter=newsletter,
        locale=locale,
        theme_set=ThemeSet.of([]),
        source=ConsentSource.SIGN_UP,
        requested_at=now,
        mail_due_at=now,
    )
