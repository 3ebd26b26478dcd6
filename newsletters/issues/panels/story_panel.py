"""The panel above an issue's stories: which pages have changed or are gone, and which words are the editor's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NotRequired, TypedDict

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from wagtail.admin.panels import HelpPanel

from newsletters.issues.deleted_pages import deleted_titles
from newsletters.issues.story_updates import StoryState, story_states
from newsletters.values.page_words import Source


class ScriptState(TypedDict):
    """What the editor's script shows at one story: labels, the page's words by language, a deleted page's title."""

    labels: list[str]
    words: dict[str, dict[str, str]]
    name: NotRequired[str]


class StoriesPanel(HelpPanel):
    """Says which stories' pages have changed; a script marks each of these stories."""

    def __init__(self, template: str = "newsletters/issues/story_states.html", **kwargs: object) -> None:
        super().__init__(template=template, **kwargs)

    class BoundPanel(HelpPanel.BoundPanel):
        """The panel of one issue."""

        @property
        def media(self) -> forms.Media:
            """The script that marks the stories."""
            return forms.Media(css={"all": ["newsletters/stories.css"]}, js=["newsletters/stories.js"])

        def get_context_data(self, parent_context: Mapping[str, object] | None = None) -> dict[str, object]:
            context: dict[str, object] = super().get_context_data(parent_context)
            issue = self.instance
            states = story_states(issue, site=issue.get_site(), now=timezone.now()) if issue.pk else []
            deleted = deleted_titles(issue)
            return context | {
                "deleted": [title or _("a page without a known title") for title in deleted.values()],
                "changed": [state for state in states if state.has_changed],
                "hidden": [state for state in states if state.hidden],
                "states": _for_script(states, sources=issue.sources) | _deleted_for_script(deleted),
            }


def _deleted_for_script(titles: Mapping[str, str]) -> dict[str, ScriptState]:
    labels = [_("page was deleted")]
    return {block: {"labels": labels, "words": {}, "name": title} for block, title in titles.items()}


def _for_script(states: list[StoryState], *, sources: Mapping[str, Source]) -> dict[str, ScriptState]:
    return {
        block: {
            "labels": [
                *([_("page has changed")] if state.has_changed else []),
                *([_("page is not public")] if state.hidden else []),
            ],
            "words": {
                code: {"title": words.title, "teaser": words.teaser, "link_text": words.link_text}
                for code, words in sources.get(state.key, {}).items()
            },
        }
        for state in states
        for block in state.blocks
    }
