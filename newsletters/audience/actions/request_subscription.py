"""Request a subscription: the address gets one mail, and nothing else happens until its owner confirms."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from wagtail.models import Locale

from cms.models import Theme
from newsletters.models import ConsentSource, Newsletter, SignUp, ThemeSet
from newsletters.publications.privacy_statements import PrivacyStatement
from newsletters.values.subscriber_details import SubscriberDetails


def request_subscription(
    *,
    newsletter: Newsletter,
    details: SubscriberDetails,
    locale: Locale,
    themes: Collection[Theme],
    source: ConsentSource,
    wording: str,
    statement: PrivacyStatement | None = None,
    own_values: Mapping[str, str] | None = None,
    now: datetime,
) -> SignUp:
    """Note the request and return it; `answer_sign_up` sends its mail.

    `own_values` are answers to own fields by their keys, kept with the request until it is confirmed. `wording` is the
    text that was shown next to the button, empty if none was, `statement` the privacy statement. Who has this address
    is not looked up here, so that a known and an unknown address take the same time.
    """
    return SignUp.objects.create(
        email=details.email,
        first_name=details.first_name,
        own_values={key: answer for key, answer in (own_values or {}).items() if answer},
        newsletter=newsletter,
        locale=locale,
        theme_set=ThemeSet.of(themes),
        source=source,
        wording=wording,
        statement_url=statement.url if statement else "",
        statement_version=statement.version if statement else "",
        requested_at=now,
        mail_due_at=now,
    )


def ask_again(asked: SignUp, *, now: datetime) -> SignUp:
    """Make the same request once more, because the link in its mail has expired."""
    return SignUp.objects.create(
        email=asked.email,
        first_name=asked.first_name,
        own_values=asked.own_values,
        newsletter=asked.newsletter,
        locale=asked.locale,
        theme_set=asked.theme_set,
        source=asked.source,
        invited_by=asked.invited_by,
        basis=asked.basis,
        agreed_on=asked.agreed_on,
        ground=asked.ground,
        wording=asked.wording,
        statement_url=asked.statement_url,
        statement_version=asked.statement_version,
        requested_at=now,
        mail_due_at=now,
    )
