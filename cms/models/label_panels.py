"""How editors give a page its themes: a box to tick for each, named in the editor's language."""

from __future__ import annotations

from django import forms
from wagtail.admin.panels import FieldPanel


class ThemesPanel(FieldPanel):
    """The themes of a page as boxes to tick."""

    def __init__(self, field_name: str, **kwargs: object) -> None:
        super().__init__(field_name, **{"widget": forms.CheckboxSelectMultiple, **kwargs})

    class BoundPanel(FieldPanel.BoundPanel):
        """The panel in one page's form; all names are loaded at once."""

        def __init__(self, **kwargs: object) -> None:
            super().__init__(**kwargs)
            if self.bound_field is not None:
                choices = self.bound_field.field
                choices.queryset = choices.queryset.prefetch_related("names__locale")


class CrossCuttingPanel(ThemesPanel):
    """The cross-cutting themes as boxes to tick, for types of pages that have them."""

    class BoundPanel(ThemesPanel.BoundPanel):
        """The panel in one page's form."""

        def is_shown(self) -> bool:
            return bool(super().is_shown() and self.instance.has_cross_cutting_themes)
