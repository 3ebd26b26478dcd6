"""Who takes part in or wrote something: a member of the team by their page, or a guest in words."""

from __future__ import annotations

from collections.abc import Mapping

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, FieldRowPanel
from wagtail.admin.widgets import AdminPageChooser
from wagtail.models import Orderable, TranslatableMixin

from cms.models import HubPage
from cms.plugins.registry import page_types

PERSON = "person"  # the type of team members' pages in the API, whichever plugin brings it


def person_models() -> list[type[models.Model]]:
    """Return the page models of team members; none without a plugin that has such pages."""
    return [model for model, page_type in page_types().items() if page_type.type == PERSON]


class MemberPanel(FieldPanel):
    """A chooser that offers only the pages of team members."""

    def get_form_options(self) -> dict[str, Mapping[str, object]]:
        """Return Wagtail's options with a chooser of persons."""
        options: dict[str, Mapping[str, object]] = super().get_form_options()
        chooser = AdminPageChooser(target_models=person_models() or [HubPage])
        return {**options, "widgets": {**options.get("widgets", {}), self.field_name: chooser}}


class PersonRow(TranslatableMixin, Orderable):
    """A team member or a guest: either `member`, or the words about a guest."""

    member = models.ForeignKey(
        HubPage,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("team member"),
        help_text=_("Somebody with a page of their own. Leave the other fields empty then."),
    )
    name = models.CharField(_("guest’s name"), max_length=160, blank=True)
    function = models.CharField(
        _("guest’s function"), max_length=160, blank=True, help_text=_("Without a name, the function is shown alone.")
    )
    organisation = models.CharField(_("guest’s organisation"), max_length=160, blank=True)

    panels = [
        MemberPanel("member"),
        FieldPanel("name"),
        FieldRowPanel([FieldPanel("function"), FieldPanel("organisation")]),
    ]

    class Meta(TranslatableMixin.Meta, Orderable.Meta):
        abstract = True

    def __str__(self) -> str:
        return str(self.member) if self.member else ", ".join(filter(None, (self.name, self.function)))

    def clean(self) -> None:
        """Raise ValidationError unless the row names exactly one person."""
        super().clean()
        if self.member and (self.name or self.function or self.organisation):
            raise ValidationError({"member": _("Choose a team member or describe a guest, not both.")})
        if not self.member and not (self.name or self.function):
            raise ValidationError({"member": _("Choose a team member, or give a guest’s name or function.")})
        if self.member and self.member.specific_class not in person_models():
            raise ValidationError({"member": _("This page is not the page of a team member.")})
