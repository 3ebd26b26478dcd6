"""Tags and filters for the newsletter's templates in the admin."""

from __future__ import annotations

import json

from django import template

from newsletters.models import Dispatch
from newsletters.values.look import FONTS

register = template.Library()


@register.simple_tag
def fonts() -> str:
    """Return the font stacks by name, as JSON."""
    return json.dumps(FONTS)


@register.filter
def split_words(words: str) -> list[str]:
    """Split `words` at white space."""
    return words.split()


@register.filter
def message_id(dispatch: Dispatch, delivery_pk: int) -> str:
    """Return the Message-ID of a delivery of this dispatch, without a query for the dispatch."""
    return dispatch.message_id_of(delivery_pk)
