"""A block that shows activities: those that an editor chose, or what is coming."""

from __future__ import annotations

from collections import defaultdict
from typing import Literal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from pydantic import Field
from wagtail import blocks

from cms.api.context import BuildContext
from cms.api.values import BodyBlock
from cms.content.queries import load_specific, public_pages
from cms.content.references import stored_items, stored_key, stored_keys
from cms.models import HubPage, Theme
from cms.plugins import BlockKind, References, StoredBlock
from cms.plugins.contract import StoredValue
from themes.models import ActivityPage
from themes.schemas import ThemesActivitySummary

MOST = 12


def theme_choices() -> list[tuple[str, str | Promise]]:
    """Return the slugs and the names of the themes, and a choice for all of them."""
    return [("", _("All themes")), *((theme.slug, str(theme)) for theme in Theme.objects.order_by("position"))]


class ActivitiesForm(blocks.StructBlock):
    title = blocks.CharBlock(label=_("Title"), required=False, default="", max_length=120)
    activities = blocks.ListBlock(
        blocks.PageChooserBlock(label=_("Activity"), page_type="hub_themes.ActivityPage"),
        label=_("These activities"),
        default=[],
        max_num=MOST,
        help_text=_("Leave empty to show what is coming, by the rule below."),
    )
    theme = blocks.ChoiceBlock(
        label=_("Coming activities of this theme"),
        required=False,
        choices=theme_choices,
        search_index=False,
    )
    number = blocks.IntegerBlock(label=_("How many at most"), default=3, min_value=1, max_value=MOST)

    class Meta:
        icon = "date"
        label = _("Activities")
        description = _("Activities that you choose, or those that are coming: the list stays up to date by itself.")
        group = _("From this site")
        preview_template = "cms/block_preview.html"
        preview_value = {"title": "", "activities": [], "theme": "", "number": 3}


class ThemesActivitiesBlock(BodyBlock):
    """Activities that an editor chose, or those that are coming."""

    type: Literal["activities"] = Field(description="Says that these are activities.")
    title: str = Field(description="The title of the section; may be empty.", examples=["Come and join"])
    rule: Literal["chosen", "coming"] = Field(
        description="Whether an editor chose them, or they are those that are not over yet when this was answered.",
        examples=["coming"],
    )
    theme: str | None = Field(
        description="With `coming`: the slug of the theme that they have, null for any theme.", examples=["data"]
    )
    activities: list[ThemesActivitySummary] = Field(
        description="The activities, in the editor's order or the next one first; empty if none is coming."
    )


def build(stored: StoredBlock, context: BuildContext) -> ThemesActivitiesBlock | None:
    value, is_chosen = stored.value, bool(stored_items(stored.value.get("activities")))
    theme = value.get("theme") or ""
    if is_chosen:
        pages = _chosen(value, context, locale_id=stored.locale_id)
    else:
        coming = _coming(context, locale_id=stored.locale_id)
        pages = coming[theme][: _number(value)]
    if is_chosen and not pages:
        return None
    return ThemesActivitiesBlock(
        id=stored.id,
        type="activities",
        title=value.get("title") or "",
        rule="chosen" if is_chosen else "coming",
        theme=None if is_chosen else theme or None,
        activities=[ThemesActivitySummary.build(page=page, context=context) for page in pages],
    )


def _number(value: StoredValue) -> int:
    number = value.get("number")
    return min(max(number, 1), MOST) if isinstance(number, int) else 3


def _chosen(value: StoredValue, context: BuildContext, *, locale_id: int) -> list[ActivityPage]:
    keys = (stored_key(key) for key in stored_items(value.get("activities")))
    found = (context.card_page(key, locale_id=locale_id) for key in keys)
    return [page for page in found if isinstance(page, ActivityPage)]


def _coming(context: BuildContext, *, locale_id: int) -> defaultdict[str, list[ActivityPage]]:
    """Return the next activities in a language by the slugs of their themes, and those of any theme under ""."""

    def load() -> defaultdict[str, list[ActivityPage]]:
        public = public_pages(site=context.site, now=context.now, model=ActivityPage)
        # `gt`: at the moment when an activity ends, there is a new version of the content, without it.
        keys = list(
            public.filter(locale=locale_id, ends_at__gt=context.now)
            .order_by("starts_at", "pk")
            .values_list("pk", "themes__slug")
        )
        first: defaultdict[str, list[int]] = defaultdict(list)
        for key, slug in keys:
            for name in {"", slug or ""}:
                if key not in first[name] and len(first[name]) < MOST:
                    first[name].append(key)
        wanted = {key for found in first.values() for key in found}
        rows = HubPage.objects.filter(pk__in=wanted)
        pages = load_specific(rows, models=[ActivityPage], bodies=False) if wanted else []
        context.adopt(pages)
        by_key = {page.pk: page for page in pages if isinstance(page, ActivityPage)}
        shown = {name: [by_key[key] for key in found if key in by_key] for name, found in first.items()}
        return defaultdict(list, shown)

    return context.once(f"themes.coming.{locale_id}", load)


def references(value: StoredValue) -> References:
    return References(cards=stored_keys(stored_items(value.get("activities"))))


ACTIVITIES = BlockKind(
    name="activities",
    form=ActivitiesForm,
    schema=ThemesActivitiesBlock,
    build=build,
    template="themes/activities.html",
    references=references,
)
