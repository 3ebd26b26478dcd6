"""What a column can hold, whose export a file can be, and where a person stands."""

from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Field(TextChoices):
    """What a column of an imported table is taken for."""

    EMAIL = "email", _("E-mail address")
    FIRST_NAME = "first_name", _("First name")
    NAME = "name", _("Whole name: its first word is kept")
    LANGUAGE = "language", _("Language")
    THEMES = "themes", _("Themes")  # several columns may hold them
    STATUS = "status", _("Status")  # several columns may hold it: the most careful of their states counts
    UNSUBSCRIBED_AT = "unsubscribed_at", _("Unsubscribed at")
    BOUNCED_AT = "bounced_at", _("Set aside because mails bounced, at")
    REASON = "reason", _("Reason for unsubscribing")
    CONSENT_AT = "consent_at", _("Consent given at")
    EVIDENCE = "evidence", _("Evidence of the consent")
    NOTE = "note", _("Note")

    @classmethod
    def of_several_columns(cls) -> frozenset[Field]:
        """Return the fields that more than one column may hold."""
        return frozenset({cls.THEMES, cls.STATUS})


class Provider(TextChoices):
    """A program whose exports are known."""

    MAILCHIMP = "mailchimp", "Mailchimp"
    LAPOSTA = "laposta", "Laposta"
    LISTMONK = "listmonk", "listmonk"


class State(TextChoices):
    """Where a person stood at the old place, from the least to the most careful."""

    SUBSCRIBED = "subscribed", _("Subscribed")  # wanted the mails
    UNCONFIRMED = "unconfirmed", _("Not confirmed")  # never said yes, or never confirmed it
    UNSUBSCRIBED = "unsubscribed", _("Unsubscribed")  # left, or was taken off the list
    BOUNCED = "bounced", _("Bounced")  # the address refuses mails for good
    COMPLAINED = "complained", _("Complained")  # reported a mail as spam

    @classmethod
    def most_careful(cls, states: list[State]) -> State:
        """Return the state that allows least."""
        return max(states, key=list(cls).index)

    @property
    def may_be_mailed(self) -> bool:
        """Say whether a person in this state may be asked or mailed at all."""
        return self in {State.SUBSCRIBED, State.UNCONFIRMED}
