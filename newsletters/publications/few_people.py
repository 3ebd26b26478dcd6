"""Numbers of readers, as those may see them who are not told who the readers are."""

from __future__ import annotations

from django.contrib.humanize.templatetags.humanize import intcomma
from django.utils.translation import gettext as _

FEW = 5  # fewer readers than these might be recognised


def few_people(people: int, *, is_exact: bool) -> str:
    """Return the number; whoever may not see the readers is not told one that is about few of them."""
    return intcomma(people) if is_exact or people >= FEW else _("fewer than %(few)s") % {"few": FEW}
