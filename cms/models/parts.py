"""Parts of a page that a website places each by itself: rows that editors add, order and remove."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _
from wagtail.admin.panels import FieldPanel
from wagtail.admin.widgets import AdminPageChooser
from wagtail.models import Orderable, TranslatableMixin

from cms.plugins.registry import page_types

# The marks that the rich texts of parts can have; pictures and embeds belong in the body.
TEXT_FEATURES = ["bold", "italic", "link", "document-link", "ol", "ul"]


class PagePart(Orderable):
    """A row of a page. Changing one makes a new version of the content, as changing the page does."""

    class Meta(Orderable.Meta):
        abstract = True


class WordsPart(TranslatableMixin, PagePart):
    """A row with words, which are translated with the page."""

    class Meta(TranslatableMixin.Meta, PagePart.Meta):
        abstract = True


class LinkPart(PagePart):
    """A row that names a page of one of the public types `types`; a page that is not public is not shown.

    While no plugin with these types is installed, rows stay as they are.
    """

    types: ClassVar[Sequence[str]]
    page: models.ForeignKey

    class Meta(PagePart.Meta):
        abstract = True

    def clean(self) -> None:
        super().clean()
        allowed = models_of(self.types)
        if allowed and self.page_id and not issubclass(self.page.specific_class or models.Model, allowed):
            types = ", ".join(str(model._meta.verbose_name_plural) for model in allowed)
            raise ValidationError({"page": _("Choose one of these: %(types)s.") % {"types": types}})


class TypedPagePanel(FieldPanel):
    """A page chooser for pages of the public types `types`, as far as their plugins are installed."""

    def __init__(self, field_name: str, types: Sequence[str], **kwargs: object) -> None:
        super().__init__(field_name, **kwargs)
        self.types = types

    def clone_kwargs(self) -> dict[str, object]:
        return {**super().clone_kwargs(), "types": self.types}

    def get_form_options(self) -> dict[str, object]:
        options: dict[str, object] = super().get_form_options()
        chooser = AdminPageChooser(target_models=list(models_of(self.types)) or None)
        return {**options, "widgets": {self.field_name: chooser}}


def models_of(types: Sequence[str]) -> tuple[type[models.Model], ...]:
    """Return the installed page models of these public types."""
    return tuple(model for model, page_type in page_types().items() if page_type.type in types)
