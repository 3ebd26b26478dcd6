"""Tell staff by mail that something needs their attention."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.functional import lazy
from wagtail.admin.mail import send_mail
from wagtail.admin.utils import get_admin_base_url
from wagtail.users.models import UserProfile

from newsletters.models import Approval, Dispatch, Schedule
from newsletters.values.remarks import in_words

logger = logging.getLogger(__name__)


def tell_not_sent(schedule: Schedule, *, why: Exception) -> int:
    """Tell those who scheduled and approved the issue that it was not sent, and why; return how many mails."""
    approval = Approval.newest_of(schedule.issue)
    people = {schedule.created_by, approval.approved_by if approval else None}
    address = (get_admin_base_url() or "") + reverse("newsletters_admin:review", args=[schedule.issue_id])
    return _tell(people, template="not_sent", context={"schedule": schedule, "why": why, "address": address})


def tell_paused(dispatch: Dispatch, *, why: str) -> int:
    """Tell those who sent and approved the issue that its sending paused by itself, and why; return how many mails."""
    approval = Approval.newest_of(dispatch.issue)
    people = {dispatch.created_by, approval.approved_by if approval else None}
    address = (get_admin_base_url() or "") + reverse("newsletters_admin:dispatch", args=[dispatch.pk])
    context = {"dispatch": dispatch, "why": lazy(in_words, str)(why), "address": address}
    return _tell(people, template="paused", context=context)


def language_of(user: User | None) -> str | None:
    """Return the language that this user chose for the admin; None, for untranslated text, if there is no user."""
    return UserProfile.get_for_user(user).get_preferred_language() if user else None


def _tell(people: Iterable[User | None], *, template: str, context: dict[str, object]) -> int:
    """Mail each of these users in their own language; if none can be reached, mail the administrators."""
    reachable = [person for person in people if person and person.is_active and person.email]
    for_all = get_user_model().objects.filter(is_superuser=True, is_active=True).exclude(email="")
    return sum(_mail(person, template=template, context=context) for person in reachable or for_all)


def _mail(person: User, *, template: str, context: dict[str, object]) -> bool:
    with translation.override(language_of(person)):
        words = {
            part: render_to_string(
                f"newsletters/publications/mail/{template}_{part}.txt", context | {"user": person}
            ).strip()
            for part in ("subject", "text")
        }
    try:
        return bool(send_mail(words["subject"], words["text"] + "\n", [person.email]))
    except OSError:  # smtplib's errors too: the page says the same, and the schedule is settled
        logger.exception("User %s could not be notified by mail", person.pk)
        return False
