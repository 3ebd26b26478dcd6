"""What the admin's templates of the newsletter need."""

from __future__ import annotations

import json

from django import template

from newsletters.models import Dispatch
from newsletters.values.look import FONTS

register = template.Library()


@register.simple_tag
def fonts() -> str:
    """Return the stacks of fonts by their names, as JSON."""
    return json.dumps(FONTS)


@register.filter
def split_words(words: str) -> list[str]:
    """Return the words, to go through them."""
    return words.split()


@register.filter
def message_id(dispatch: Dispatch, delivery_pk: int) -> str:
    """Return the Message-ID of a delivery of this dispatch, without asking the database for the dispatch again."""
    return dispatch.message_id_of(delivery_pk)
