"""The editor's panel above an issue's stories: whose page has changed or is gone, and which words are the editor's."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from wagtail.admin.panels import HelpPanel

from newsletters.issues.deleted_pages import deleted_titles
from newsletters.issues.story_updates import story_states


class StoriesPanel(HelpPanel):
    """Says in words what the stories' pages have become; a script repeats it on each story."""

    def __init__(self, template: str = "newsletters/issues/story_states.html", **kwargs: Any) -> None:
        super().__init__(template=template, **kwargs)

    class BoundPanel(HelpPanel.BoundPanel):
        """The panel of one issue."""

        @property
        def media(self) -> forms.Media:
            """The script that puts the states on the stories."""
            return forms.Media(css={"all": ["newsletters/stories.css"]}, js=["newsletters/stories.js"])

        def get_context_data(self, parent_context: Any = None) -> dict[str, Any]:
            context: dict[str, Any] = super().get_context_data(parent_context)
            issue = self.instance
            states = story_states(issue, site=issue.get_site(), now=timezone.now()) if issue.pk else []
            deleted = deleted_titles(issue)
            return context | {
                "deleted": [title or _("a page without a known title") for title in deleted.values()],
                "changed": [state for state in states if state.has_changed],
                "hidden": [state for state in states if state.hidden],
                "states": _for_script(states, sources=issue.sources) | _deleted_for_script(deleted),
            }


def _deleted_for_script(titles: dict[str, str]) -> dict[str, Any]:
    labels = [_("page was deleted")]
    return {block: {"labels": labels, "words": {}, "name": title} for block, title in titles.items()}


def _for_script(states: list[Any], *, sources: Any) -> dict[str, Any]:
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
