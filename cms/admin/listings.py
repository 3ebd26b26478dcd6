"""Wagtail's lists in the admin, without the export that anyone can get by adding `?export=csv` to the address."""

from wagtail.admin.views import generic
from wagtail.snippets.views import snippets


class NoExport:
    """A list without export formats: an export then has one empty line per row."""

    FORMATS = ()


class ModelList(NoExport, generic.IndexView):
    """A list of a model's rows."""


class SnippetList(NoExport, snippets.IndexView):
    """A list of snippets."""
