"""Wagtail's lists in the admin, without the export that each of them brings to whoever writes `?export=csv`."""

from wagtail.admin.views import generic
from wagtail.snippets.views import snippets


class NoExport:
    """A list that nobody exports: Wagtail answers with an empty line for each row if there is nothing to export."""

    FORMATS = ()


class ModelList(NoExport, generic.IndexView):
    """A list of a model's rows."""


class SnippetList(NoExport, snippets.IndexView):
    """A list of snippets."""
