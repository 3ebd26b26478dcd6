"""What staff should know before they delete a theme: how many pages have it, and which pages are about it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django.db import DEFAULT_DB_ALIAS
from django.db.models import Model
from django.db.models.deletion import Collector, ProtectedError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from wagtail.admin import messages
from wagtail.models import Page

from cms.admin.confirming import Caution
from cms.admin.themed_pages import pages_with
from cms.models import CrossCuttingTheme, HubPage, Theme

MOST_NAMED = 3


def say_how_many_pages(things: Sequence[Model], *, is_deletion: bool) -> Iterator[Caution]:
    """Yield a caution for each theme of either kind that pages have."""
    for theme in things if is_deletion else ():
        if not isinstance(theme, Theme | CrossCuttingTheme):
            continue
        if keepers := _pages_about(theme):
            yield Caution(
                words=_still_needed([theme], keepers),
                is_grave=True,
                url=reverse("wagtailadmin_pages:edit", args=[keepers[0].pk]),
                link=_("Edit the page"),
            )
        count = HubPage.objects.filter(**{_field_of(theme): theme}).count()
        if count:
            words = ngettext(
                "%(count)d page has “%(theme)s”. It stays, but without this theme.",
                "%(count)d pages have “%(theme)s”. They stay, but without this theme.",
                count,
            )
            yield Caution(
                words=words % {"count": count, "theme": theme},
                is_grave=True,
                url=pages_with(theme, field=_field_of(theme)),
                link=_("Look at the pages"),
            )


def keep_themes_of_pages(request: HttpRequest, things: Sequence[Model]) -> HttpResponse | None:
    """Refuse to delete a theme that a page is about, with a reason instead of an error."""
    themes = [thing for thing in things if isinstance(thing, Theme | CrossCuttingTheme)]
    if request.method != "POST":
        return None
    needed = [(theme, keepers) for theme in themes if (keepers := _pages_about(theme))]
    if not needed:
        return None
    keepers = [keeper for _theme, pages in needed for keeper in pages]
    messages.error(request, _still_needed([theme for theme, _pages in needed], keepers))
    viewset = type(needed[0][0]).snippet_viewset
    return redirect(viewset.get_url_name("list"))


def _pages_about(theme: Model) -> list[Page]:
    """Return the pages that the database protects from losing this theme."""
    try:
        Collector(using=DEFAULT_DB_ALIAS).collect([theme])
    except ProtectedError as error:
        return sorted((keeper for keeper in error.protected_objects if isinstance(keeper, Page)), key=lambda p: p.pk)
    return []


def _still_needed(themes: Sequence[Model], keepers: Sequence[Page]) -> str:
    named = ", ".join(f"“{page.get_admin_display_title()}”" for page in keepers[:MOST_NAMED])
    words = ngettext(
        "%(themes)s cannot be deleted: the page %(pages)s is about it. Give it another theme, or delete it first.",
        "%(themes)s cannot be deleted: %(count)d pages are about it, such as %(pages)s. Give them another theme, or "
        "delete them first.",
        len(keepers),
    )
    names = ", ".join(f"“{theme}”" for theme in themes)
    return words % {"themes": names, "count": len(keepers), "pages": named}


def _field_of(theme: Model) -> str:
    return "themes" if isinstance(theme, Theme) else "cross_cutting"
