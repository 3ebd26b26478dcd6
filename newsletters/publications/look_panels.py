"""The editor's panels for a newsletter's look: colours with a sample of the mail."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, FieldRowPanel, HelpPanel, MultiFieldPanel, Panel

LIGHT = (("ink", "paper"), ("link", "page"), ("quiet", "sun"), ("on_sun",))
DARK = (("dark_ink", "dark_paper"), ("dark_link", "dark_page"), ("dark_quiet",))


class ColourInput(forms.TextInput):
    """A colour as text, beside the browser's colour picker; `newsletters/look.js` keeps the two equal."""

    template_name = "newsletters/publications/colour_input.html"

    class Media:
        css = {"all": ["newsletters/look.css"]}
        js = ["newsletters/look.js"]


def look_panels() -> list[Panel]:
    """Return the panels of the tab “Look”."""
    return [
        HelpPanel(template="newsletters/publications/look_preview.html"),
        MultiFieldPanel(_rows(LIGHT), heading=_("Colours")),
        MultiFieldPanel(_rows(DARK), heading=_("Colours in dark mode")),
        FieldRowPanel([FieldPanel("heading_font"), FieldPanel("body_font")], heading=_("Fonts")),
        FieldPanel("columns"),
        FieldRowPanel([FieldPanel("logo"), FieldPanel("dark_logo")], heading=_("Logo")),
    ]


def _rows(names: tuple[tuple[str, ...], ...]) -> list[Panel]:
    return [FieldRowPanel([FieldPanel(f"colour_{name}", widget=ColourInput) for name in row]) for row in names]
