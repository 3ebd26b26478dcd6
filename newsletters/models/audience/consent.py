"""Requests to subscribe, and the record of what subscribers agreed to and withdrew."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from wagtail.models import Locale

from newsletters.models.audience.announcing import announce_events
from newsletters.models.audience.api_key import ApiKey
from newsletters.models.audience.reader_import import ReaderImport
from newsletters.models.audience.subscriber import MailboxField, Subscriber, Subscription, ThemeSet
from newsletters.models.newsletter import Newsletter

if TYPE_CHECKING:
    from django.contrib.auth.models import User


class ConsentSource(models.TextChoices):
    """Where a request or a change came from."""

    API = "api", _("Website")
    SIGN_UP = "sign-up page", _("Sign-up page")
    CONFIRMATION = "confirmation page", _("Link in the confirmation mail")
    NOTICE = "notice", _("Link in the notice to the former address")
    PREFERENCES = "preferences page", _("Preferences page")
    PERSON = "person's page", _("Own page")
    UNSUBSCRIBE = "unsubscribe page", _("Unsubscribe page")
    ONE_CLICK = "one-click", _("Unsubscribe button of the mail program")
    ADMIN = "admin", _("Staff")
    MAIL = "mail", _("Mail to the address for unsubscribing")
    PROVIDER = "mail provider", _("Mail provider")
    MAIL_SERVER = "mail server", _("Mail server's answer")
    IMPORT = "import", _("Import of a file")
    QUESTION = "question", _("Mail that asks whether they still want it")
    SILENCE = "silence", _("No answer to the mail that asks whether they still want it")
    SYSTEM = "system", _("Another system")


class SignUpQuerySet(models.QuerySet["SignUp"]):
    """Requests to subscribe."""

    def lock(self, *, mailbox: str) -> Self:
        """Lock the requests for this mailbox, and return those that wait.

        Whoever changes a subscription for its owner does this first, so that two of them wait for each other.
        """
        rows = self.filter(mailbox=mailbox).select_for_update().order_by("pk").values_list("pk", "status")
        waiting = [pk for pk, status in rows if status == SignUp.Status.WAITING]
        return self.filter(pk__in=waiting, status=SignUp.Status.WAITING)

    def unused(self, *, mailbox: str, kind: str) -> Self:
        """Return those of this kind whose mails count against the limits of this mailbox: nobody has used them."""
        return self.filter(mailbox=mailbox, kind=kind).exclude(status=SignUp.Status.CONFIRMED)

    def close(self) -> None:
        """Let their links work no more."""
        self.update(status=SignUp.Status.CLOSED, mail_due_at=None)


class SignUp(models.Model):
    """A request to subscribe, or for a link. Anybody may have made it: nothing changes until its mail is used.

    Each request is answered with one mail: a link to confirm, or for a subscriber a link to their choices. The mail's
    link belongs to this request, with its language and themes, and works once.
    """

    class Kind(models.TextChoices):
        SUBSCRIPTION = "subscription", _("Subscription")
        LINK = "link", _("Link to the own page")
        ADDRESS = "address", _("Change of address")  # of a subscriber, to the request's address
        UNDO = "undo", _("Notice of a change of address")  # to the former address, from where it can be undone
        STILL = "still", _("Question whether they still want it")  # asked by us, of a subscriber who sleeps

    class Status(models.TextChoices):
        WAITING = "waiting", _("Waiting for confirmation")
        CONFIRMED = "confirmed", _("Confirmed")
        CLOSED = "closed", _("Closed")  # not needed any more: subscribed already, left since, or another was confirmed
        NOT_ANSWERED = "not_answered", _("Not answered")  # the address had as many mails as it may get

    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices, default=Kind.SUBSCRIPTION)
    email = models.EmailField(_("e-mail address"))
    mailbox = MailboxField(max_length=320, editable=False)
    subscriber = models.ForeignKey(  # whose address is changed; nobody else's key is here
        Subscriber, on_delete=models.CASCADE, null=True, editable=False, related_name="address_changes"
    )
    first_name = models.CharField(_("first name"), max_length=80, blank=True)
    own_values = models.JSONField(_("own fields"), default=dict)  # the answers by the fields' keys, as they are kept
    newsletter = models.ForeignKey(
        Newsletter, on_delete=models.CASCADE, related_name="sign_ups", verbose_name=_("newsletter")
    )
    locale = models.ForeignKey(Locale, on_delete=models.PROTECT, related_name="+", verbose_name=_("language"))
    theme_set = models.ForeignKey(ThemeSet, on_delete=models.PROTECT, related_name="+", verbose_name=_("themes"))
    status = models.CharField(_("status"), max_length=12, choices=Status.choices, default=Status.WAITING)
    source = models.CharField(_("source"), max_length=40, choices=ConsentSource.choices)
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("invited by"),
    )
    basis = models.CharField(  # on which staff invited them; by confirming, they agree here
        _("legal basis"), max_length=10, choices=Subscription.Basis.choices, blank=True
    )
    agreed_on = models.DateField(_("agreed elsewhere"), null=True)  # before they were invited
    ground = models.CharField(_("why they may be invited"), max_length=255, blank=True)
    wording = models.TextField(_("wording"), blank=True)  # what was shown; empty where nothing was
    statement_url = models.TextField(_("privacy statement"), blank=True)  # the one that was shown beside it
    statement_version = models.CharField(_("version of the privacy statement"), max_length=40, blank=True)
    requested_at = models.DateTimeField(_("requested"))
    mail_due_at = models.DateTimeField(null=True, editable=False)  # set until the mail is sent or given up
    welcome_due_at = models.DateTimeField(null=True, editable=False)  # set by confirming, until the welcome is sent
    welcomed_at = models.DateTimeField(null=True, editable=False)  # the last attempt
    mail_date = models.DateField(null=True, editable=False)  # the day (UTC) whose one mail to this mailbox this is
    mailed_at = models.DateTimeField(null=True, editable=False)  # the last attempt
    message_id = models.CharField(_("Message-ID of the mail"), max_length=255, blank=True)
    reply = models.CharField(_("server's reply"), max_length=500, blank=True)

    objects = SignUpQuerySet.as_manager()

    class Meta:
        verbose_name = _("sign-up")
        verbose_name_plural = _("sign-ups")
        ordering = ["-requested_at"]
        constraints = [
            models.UniqueConstraint(fields=["mailbox", "kind", "mail_date"], name="hub_newsletters_one_answer_a_day")
        ]
        indexes = [
            models.Index(
                fields=["mail_due_at"], condition=Q(mail_due_at__isnull=False), name="hub_newsletters_answer_due"
            ),
            models.Index(
                fields=["welcome_due_at"], condition=Q(welcome_due_at__isnull=False), name="hub_newsletters_welcome_due"
            ),
            models.Index(fields=["requested_at"], name="hub_newsletters_requested"),
        ]

    def __str__(self) -> str:
        return f"{self.pk} · {self.get_status_display()}"

    @property
    def themes(self) -> list[str]:
        """The names of the chosen themes, in the language of the request."""
        language = self.locale.language_code
        return [theme.name_in(language) for theme in self.theme_set.themes.prefetch_related("names__locale")]

    @property
    def is_invitation(self) -> bool:
        """Whether staff made it, and not the reader."""
        return self.source == ConsentSource.ADMIN


class SignUpAttempt(models.Model):
    """Somebody used the form or the API, whether or not what they filled in was valid; kept for an hour.

    Clients and networks are keyed digests, so that no address of a computer is stored.
    """

    newsletter = models.ForeignKey(Newsletter, on_delete=models.CASCADE, null=True, related_name="+", db_index=False)
    client = models.CharField(max_length=32)
    network = models.CharField(max_length=32)
    is_proven = models.BooleanField(default=True)  # a form of ours, with a proof of work if one is asked for
    challenge = models.CharField(max_length=64, unique=True, null=True)  # that was solved: each counts once
    at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M}"


class ConsentEventQuerySet(models.QuerySet["ConsentEvent"]):
    """Consent events; whatever is added is announced to the webhooks that listen, in the same transaction."""

    def bulk_create(self, objs: Iterable[ConsentEvent], **options: object) -> list[ConsentEvent]:  # type: ignore[override]
        """Add the events; `options` are Django's."""
        made: list[ConsentEvent] = super().bulk_create(objs, **options)  # type: ignore[arg-type,assignment]
        announce_events(made)
        return made


class ConsentEvent(models.Model):
    """What a subscriber agreed to or withdrew, by whom and with which words: events are added, never changed."""

    class Kind(models.TextChoices):
        REQUESTED = "requested", _("Requested")  # a form was sent in with this address, or staff invited the person
        CONFIRMED = "confirmed", _("Confirmed")  # the link in the confirmation mail was used
        RETURNED = "returned", _("Came back")  # the same, by somebody who had unsubscribed
        CHANGED = "changed", _("Changed")  # themes or language were changed
        PAUSED = "paused", _("Paused")  # until the date of the note
        CONTINUED = "continued", _("Pause ended")  # by the reader, before its date
        WITHDRAWN = "withdrawn", _("Withdrawn")  # unsubscribed
        SET_ASIDE = "set_aside", _("Set aside")  # by rule: mail does not arrive, or was called spam
        RESTORED = "restored", _("Restored")  # by staff or the reader, after it was set aside
        IMPORTED = "imported", _("Imported")  # subscribed elsewhere before; the note is the evidence
        MOVED = "moved", _("Address changed")  # the note has both addresses, masked
        RENEWED = "renewed", _("Still wanted")  # the answer when we asked

    AGREED = (Kind.CONFIRMED, Kind.RETURNED, Kind.IMPORTED)
    OF_CONSENT = (Kind.REQUESTED, *AGREED)

    subscription = models.ForeignKey(
        Subscription, on_delete=models.CASCADE, related_name="consent_events", verbose_name=_("subscription")
    )
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    source = models.CharField(_("source"), max_length=40, choices=ConsentSource.choices)
    language = models.CharField(_("language"), max_length=12)
    wording = models.TextField(_("wording"), blank=True)
    statement_url = models.TextField(_("privacy statement"), blank=True)
    statement_version = models.CharField(_("version of the privacy statement"), max_length=40, blank=True)
    themes = models.CharField(_("themes"), max_length=255, blank=True)
    sign_up = models.ForeignKey(
        SignUp, on_delete=models.SET_NULL, null=True, related_name="consent_events", verbose_name=_("sign-up")
    )
    message_id = models.CharField(_("confirmation's Message-ID"), max_length=255, blank=True)
    reply = models.CharField(_("server's reply"), max_length=500, blank=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("member of staff"),
    )
    reader_import = models.ForeignKey(
        ReaderImport, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False, verbose_name=_("import")
    )
    basis = models.CharField(  # of an invitation
        _("legal basis"), max_length=10, choices=Subscription.Basis.choices, blank=True
    )
    api_key = models.ForeignKey(
        ApiKey, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("other system")
    )
    note = models.CharField(_("note"), max_length=255, blank=True)
    agreed_at = models.DateTimeField(_("agreed elsewhere"), null=True)  # when, if it was not here
    at = models.DateTimeField(_("at"))

    objects = ConsentEventQuerySet.as_manager()

    class Meta:
        verbose_name = _("consent event")
        verbose_name_plural = _("consent events")
        ordering = ["-at", "-pk"]
        indexes = [
            # Who came from where is counted from this index alone.
            models.Index(
                fields=["source", "subscription"],
                condition=Q(kind__in=["requested", "confirmed", "returned", "imported"]),
                name="hub_newsletters_came_from",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.at:%Y-%m-%d %H:%M}"

    def save(self, *args: object, **kwargs: object) -> None:
        """Add it, and announce it to the webhooks that listen; call it in the transaction of the change."""
        super().save(*args, **kwargs)  # type: ignore[arg-type]  # as they come
        announce_events([self])

    @property
    def wording_version(self) -> str:
        """Twelve hexadecimal digits that are the same for the same words; empty where no words were shown."""
        return sha256(self.wording.encode()).hexdigest()[:12] if self.wording else ""

    @classmethod
    def add(
        cls,
        subscription: Subscription,
        *,
        kind: Kind,
        source: ConsentSource,
        note: str = "",
        user: User | None = None,
        api_key: ApiKey | None = None,
        now: datetime,
    ) -> None:
        """Add an event without words: nobody was shown any, because nobody agreed to anything new."""
        cls.objects.create(
            subscription=subscription,
            kind=kind,
            source=source,
            language=subscription.locale.language_code,
            themes=subscription.theme_set.key,
            note=note[:255],
            user=user,
            api_key=api_key,
            at=now,
        )
