"""Own fields in the Wagtail admin: define them, and see what would be lost before one is deleted."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db.models import Count
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from modelcluster.forms import BaseChildFormSet, ClusterForm
from wagtail.admin.forms import WagtailAdminModelForm
from wagtail.admin.panels import ObjectList
from wagtail.admin.ui.tables import BooleanColumn
from wagtail.admin.views.generic import DeleteView
from wagtail.admin.viewsets.model import ModelViewSet

from cms.admin.listings import ModelList
from newsletters.audience.exporting.readers import HEADER
from newsletters.audience.importing.names import field_named
from newsletters.audience.own_fields.use import issues_greeting_with
from newsletters.audience.segments.kinds.own_field import is_about
from newsletters.models import OwnField, OwnValue, Segment

MOST_FIELDS = 20  # "a few": each is a column in files and a row in forms


class OwnFieldForm(WagtailAdminModelForm):
    """Defines a field; what readers have answered stays readable."""

    def __init__(self, *arguments: object, **more: object) -> None:
        super().__init__(*arguments, **more)
        choices = self.formsets["choices"]
        self._explain(self.formsets["texts"], _("Write its words in at least one language, and only once in each."))
        self._explain(choices, _("Two choices have the same key. Give each choice its own."))
        for choice in choices.forms:
            self._explain(
                choice.formsets["texts"], _("Write its label in at least one language, and only once in each.")
            )

    @staticmethod
    def _explain(formset: BaseChildFormSet, words: str) -> None:
        """Have the formset say this instead of Django's words about forms and unique data."""
        formset.error_messages["too_few_forms"] = words
        formset.get_unique_error_message = lambda _names: words

    def clean_key(self) -> str:
        """Refuse a name that the files of readers have already."""
        key: str = self.cleaned_data["key"]
        if field_named(key) or key in HEADER:
            raise ValidationError(
                _("Every reader has this already, or it names a column of files. Choose another key.")
            )
        return key

    def clean(self) -> dict[str, object]:
        """Refuse too many fields, a choice field without choices, and to drop a choice that readers have."""
        cleaned: dict[str, object] = super().clean() or {}
        if not self.instance.pk and OwnField.objects.count() >= MOST_FIELDS:
            raise ValidationError(_("There are %(most)d own fields already."), params={"most": MOST_FIELDS})
        self._refuse_equal_labels()
        choices = self._choices()
        if cleaned.get("kind") == OwnField.Kind.CHOICE and not choices:
            raise ValidationError(_("Add at least one choice."))
        for key, people in self._in_use().items():
            if key not in choices:
                raise ValidationError(
                    ngettext(
                        "%(people)s reader has the choice “%(key)s”. Keep it, and take away the tick at “offered”.",
                        "%(people)s readers have the choice “%(key)s”. Keep it, and take away the tick at “offered”.",
                        people,
                    ),
                    params={"people": people, "key": key},
                )
        return cleaned

    def _refuse_equal_labels(self) -> None:
        """Refuse two choices with the same label in a language: no reader and no file could tell them apart."""
        seen: set[tuple[object, str]] = set()
        for choice in _kept(self.formsets["choices"]):
            labels = {
                (text.cleaned_data.get("locale"), text.cleaned_data["label"].casefold())
                for text in _kept(choice.formsets["texts"])
                if text.cleaned_data.get("label")
            }
            if seen & labels:
                label = min(label for _locale, label in seen & labels)
                raise ValidationError(
                    _("Two choices have the label “%(label)s” in a language."), params={"label": label}
                )
            seen |= labels

    def _choices(self) -> set[str]:
        kept = _kept(self.formsets["choices"])
        return {form.cleaned_data["key"] for form in kept if form.cleaned_data.get("key")}

    def _in_use(self) -> dict[str, int]:
        if not self.instance.pk or self.instance.kind != OwnField.Kind.CHOICE:
            return {}
        answers = OwnValue.objects.filter(own_field=self.instance.pk).order_by()
        return dict(answers.values_list("value").annotate(Count("pk")))


def _kept(formset: BaseChildFormSet) -> list[ClusterForm]:
    """Return the valid forms that are not to be deleted."""
    return [form for form in formset.forms if form.is_valid() and not form.cleaned_data.get("DELETE")]


class DeleteOwnField(DeleteView):
    """Says how many readers have answered, and which segments and issues need the field, before it is deleted."""

    template_name = "newsletters/audience/delete_own_field.html"

    def get_context_data(self, **kwargs: object) -> dict[str, object]:
        """Add what would be lost."""
        return super().get_context_data(**kwargs) | {
            "people": OwnValue.objects.filter(own_field=self.object).count(),
            "segments": [
                segment
                for segment in Segment.objects.select_related("newsletter")
                if any(is_about(condition, self.object) for condition in segment.freeze().conditions)
            ],
            "issues": issues_greeting_with(self.object),
        }


class OwnFieldViewSet(ModelViewSet):
    """What readers are asked besides their name."""

    model = OwnField
    name = "own_fields"
    url_prefix = "newsletters/own-fields"
    icon = "list-ul"
    menu_label = gettext_lazy("Own fields")
    list_display = [
        "__str__",
        "key",
        "kind",
        BooleanColumn("asks_on_sign_up", label=gettext_lazy("Asked when signing up")),
        BooleanColumn("is_on_own_page", label=gettext_lazy("On readers’ own pages")),
    ]
    delete_view_class = DeleteOwnField
    index_view_class = ModelList
    copy_view_enabled = False
    inspect_view_enabled = False
    add_to_reference_index = False
    edit_handler = ObjectList(OwnField.panels, base_form_class=OwnFieldForm)

    def get_common_view_kwargs(self, **kwargs: object) -> dict[str, object]:
        """Leave out the pages of usage and history: nothing refers to a field, and the audit log has its history."""
        return super().get_common_view_kwargs(**kwargs) | {"history_url_name": None, "usage_url_name": None}

    def get_urlpatterns(self) -> list[URLPattern]:
        """Return the URLs of the list, the forms, and of deleting."""
        return [
            path("", self.index_view, name="index"),
            path("results/", self.index_results_view, name="index_results"),
            path("new/", self.add_view, name="add"),
            path("edit/<int:pk>/", self.edit_view, name="edit"),
            path("delete/<int:pk>/", self.delete_view, name="delete"),
        ]
