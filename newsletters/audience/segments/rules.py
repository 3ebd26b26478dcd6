"""Read a rule (stored conditions, and whether a reader meets all or any) as words and as a filter of subscriptions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from django.conf import settings
from django.db.models import Q
from django.utils import translation
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from newsletters.audience.segments.condition import ConditionForm
from newsletters.audience.segments.kinds import condition_kind
from newsletters.audience.segments.kinds.own_field import PREFIX
from newsletters.exceptions import BrokenSegment
from newsletters.models import Condition, FrozenSegment, Newsletter, Recipients, Segment


def read_forms(
    conditions: Iterable[Condition], *, newsletter: Newsletter, issue: int | None = None
) -> list[ConditionForm]:
    """Return the conditions as valid forms.

    Raises BrokenSegment if there is none, if a kind is gone, or if what a condition names is gone: a deleted theme must
    not silently change who is meant.
    """
    found = []
    for condition in conditions:
        kind = condition_kind(condition.kind)
        if kind is None and condition.kind.startswith(PREFIX):
            key = condition.kind.removeprefix(PREFIX)
            raise BrokenSegment(
                format_lazy(gettext_lazy("Its condition names the own field “{key}”, which is gone."), key=key)
            )
        if kind is None:
            raise BrokenSegment
        form = kind(condition.values, newsletter=newsletter)
        form.issue = issue
        if not form.is_valid():
            raise BrokenSegment(
                format_lazy(gettext_lazy("Its condition “{label}” names something that is gone."), label=kind.label)
            )
        found.append(form)
    if not found:
        raise BrokenSegment
    return found


def segment_q(conditions: Iterable[Condition], *, match: str, newsletter: Newsletter, issue: int | None = None) -> Q:
    """Return who meets the conditions, as a filter of the newsletter's subscriptions; raise BrokenSegment.

    `issue` is the primary key of the issue that they are to be sent, None if it is about none.
    """
    forms = read_forms(conditions, newsletter=newsletter, issue=issue)
    found = forms[0].q()
    for form in forms[1:]:
        found = found | form.q() if match == Segment.Match.ANY else found & form.q()
    return found


def segment_words(conditions: Iterable[Condition], *, match: str, newsletter: Newsletter) -> str:
    """Return the rule in words in the active language: "read it in Dutch and follow Data"; raise BrokenSegment."""
    words = [form.words() for form in read_forms(conditions, newsletter=newsletter)]
    between = _(", or ") if match == Segment.Match.ANY else _(", and ")
    return between.join(words)


def recipients_q(recipients: Recipients, *, newsletter: Newsletter) -> Q:
    """Return the recipients as a filter of the newsletter's subscriptions; raise BrokenSegment."""
    found = Q()
    if recipients.send_to:
        found &= _q_of(recipients.send_to, newsletter=newsletter)
    if recipients.not_to:
        found &= ~_q_of(recipients.not_to, newsletter=newsletter)
    return found


def _q_of(segment: FrozenSegment, *, newsletter: Newsletter) -> Q:
    if segment.newsletter != newsletter.pk:
        raise BrokenSegment(_("The segment belongs to another newsletter."))
    with _named(segment):
        return segment_q(segment.conditions, match=segment.match, newsletter=newsletter, issue=segment.issue)


@contextmanager
def _named(segment: FrozenSegment) -> Iterator[None]:
    """Say which segment it is if it is broken: an issue may have two."""
    try:
        yield
    except BrokenSegment as error:
        words = gettext_lazy("The segment “{name}” cannot be used. {problem}")
        raise BrokenSegment(format_lazy(words, name=segment.name, problem=error.args[0])) from error


def with_words(recipients: Recipients, *, newsletter: Newsletter) -> Recipients:
    """Return the recipients with their words in every language of the admin, to be kept."""
    return Recipients(
        send_to=_put_into_words(recipients.send_to, newsletter=newsletter),
        not_to=_put_into_words(recipients.not_to, newsletter=newsletter),
    )


def _put_into_words(segment: FrozenSegment | None, *, newsletter: Newsletter) -> FrozenSegment | None:
    if segment is None:
        return None
    words = {}
    for language, _name in settings.WAGTAILADMIN_PERMITTED_LANGUAGES:
        with translation.override(language), _named(segment):
            words[language] = segment_words(segment.conditions, match=segment.match, newsletter=newsletter)
    return replace(segment, words=words)
