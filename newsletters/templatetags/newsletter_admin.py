"""Tags and filters for the newsletter's templates in the admin."""

from __future__ import annotations

import json

from django import template
from django.contrib.humanize.templatetags.humanize import intcomma
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from newsletters.models import Dispatch
from newsletters.publications.few_people import few_people
from newsletters.values.look import FONTS

register = template.Library()
register.simple_tag(few_people)


@register.simple_tag
def fonts() -> str:
    """Return the font stacks by name, as JSON."""
    return json.dumps(FONTS)


@register.simple_tag
def segment_people(people: int, readers: int, *, is_exact: bool, is_estimate: bool = False) -> str:
    """Return "12 of 40 readers", or "about 12,000 of 400,000 readers"."""
    shown = _about(people) if is_estimate else few_people(people, is_exact=is_exact)
    words = ngettext("%(people)s of %(readers)s reader", "%(people)s of %(readers)s readers", readers)
    return words % {"people": shown, "readers": intcomma(readers)}


def _about(people: int) -> str:
    return _("about %(people)s") % {"people": intcomma(people)} if people else _("hardly any")


@register.filter
def split_words(words: str) -> list[str]:
    """Split `words` at white space."""
    return words.split()


@register.filter
def message_id(dispatch: Dispatch, delivery_pk: int) -> str:
    """Return the Message-ID of a delivery of this dispatch, without a query for the dispatch."""
    return dispatch.message_id_of(delivery_pk)
