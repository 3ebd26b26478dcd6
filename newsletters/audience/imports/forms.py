"""The forms of an import: the file, and what staff say about it."""

from __future__ import annotations

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from django.utils import timezone
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext_lazy as _

from newsletters.audience.forms import ThemesField
from newsletters.audience.importing.columns import Matching
from newsletters.audience.importing.delimited import ENCODINGS, SEPARATORS
from newsletters.audience.importing.fields import Field, State
from newsletters.audience.importing.table import Table
from newsletters.audience.imports.actions.try_out import ImportChoices
from newsletters.audience.imports.stored_file import taken_for
from newsletters.audience.own_fields.answers import PREFIX
from newsletters.conf import conf
from newsletters.models import Newsletter, OwnField, ReaderImport, Subscription, ThemeSet

SEPARATOR_NAMES = {",": _("comma"), ";": _("semicolon"), "\t": _("tab"), "|": _("vertical bar")}
NOT_IMPORTED = _("Not imported")


class UploadForm(forms.Form):
    """Choose a file, and the newsletter whose readers it holds."""

    newsletter = forms.ModelChoiceField(queryset=Newsletter.objects.none())
    file = forms.FileField(
        label=_("File"),
        allow_empty_file=True,  # the reader says what is wrong with it
        help_text=_(
            "CSV, Excel (XLSX) or OpenDocument (ODS), with the names of the columns in the first row. Exports of "
            "Mailchimp, Laposta and listmonk are read as they are: import their files of people who left or whose mail "
            "bounced, too, so that nobody of them ever gets mail from here."
        ),
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,.xlsx,.ods"}),
    )

    def __init__(self, data: QueryDict | None = None, files: MultiValueDict[str, UploadedFile] | None = None) -> None:
        super().__init__(data, files)
        written = Newsletter.objects.filter(texts__isnull=False).distinct()
        self.fields["newsletter"] = forms.ModelChoiceField(queryset=written, label=_("Newsletter"), empty_label=None)

    def clean_file(self) -> UploadedFile:
        """Refuse what is larger than the limit, before it is stored."""
        file: UploadedFile = self.cleaned_data["file"]
        if (file.size or 0) > conf.IMPORT_MOST_MEGABYTES * 1_000_000:
            words = _("This file is larger than %(most)d MB. Split it, and import the parts one by one.")
            raise forms.ValidationError(words % {"most": conf.IMPORT_MOST_MEGABYTES})
        return file


class ReadingForm(forms.Form):
    """Choose how a CSV file is read, if the guess is wrong."""

    encoding = forms.ChoiceField(label=_("Encoding"), choices=list(ENCODINGS.items()))
    separator = forms.ChoiceField(
        label=_("Between cells"), choices=[(mark, SEPARATOR_NAMES[mark]) for mark in SEPARATORS]
    )


class ChoicesForm(forms.Form):
    """Say what each column holds, why these people may be mailed, and what counts where a row is silent."""

    basis = forms.ChoiceField(
        label=_("Why may these people be mailed?"), choices=Subscription.Basis.choices, widget=forms.RadioSelect
    )
    evidence = forms.CharField(
        label=_("What proves it?"),
        max_length=255,
        help_text=_(
            "For example: sign-up form of our old website, export of 3 March kept in the archive. It is kept with each "
            "reader; what a column of the file says about evidence comes before it."
        ),
    )
    agreed_on = forms.DateField(
        label=_("When did they agree?"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("For rows that name no day. Rows without any day are left out if people have to have agreed."),
    )
    state = forms.ChoiceField(
        label=_("State of rows that name none"),
        choices=State.choices,
        help_text=_("People who left, bounced or complained are kept out for good."),
    )
    language = forms.ChoiceField()
    themes = ThemesField()
    changes_known = forms.BooleanField(
        label=_("Replace the names, languages, themes and own fields of people who are readers already"),
        required=False,
        help_text=_("Otherwise they keep what they chose themselves."),
    )

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        reader_import: ReaderImport,
        table: Table,
        matching: Matching,
        may_change: bool,
    ) -> None:
        self.locales = {locale.language_code: locale for locale in reader_import.newsletter.locales()}
        self.columns = [f"column-{place}" for place in range(len(table.header))]
        super().__init__(data, initial=_initial(reader_import, matching=matching))
        self.fields["language"] = forms.ChoiceField(
            label=_("Language of rows that name none"),
            choices=[(code, locale.get_display_name()) for code, locale in self.locales.items()],
        )
        if not may_change:
            del self.fields["changes_known"]
        themes = ThemesField()
        themes.label = _("Themes of rows that name none")
        themes.offer_all()
        self.fields["themes"] = themes
        self.own_fields = {f"{PREFIX}{each.key}": str(each) for each in OwnField.objects.with_words()}
        groups = {str(_("Own fields")): self.own_fields} if self.own_fields else {}
        taken = {"": NOT_IMPORTED, **dict(Field.choices), **groups}
        for place, (name, header) in enumerate(zip(self.columns, table.header, strict=True)):
            self.fields[name] = forms.ChoiceField(
                label=header or _("Column %(number)d") % {"number": place + 1},
                choices=taken,
                required=False,
                initial=taken_for(matching.columns[place]),
            )

    def clean_agreed_on(self) -> object:
        """Refuse a day that is still to come."""
        day = self.cleaned_data["agreed_on"]
        if day and day > timezone.localdate():
            raise forms.ValidationError(_("This day is still to come."))
        return day

    def clean(self) -> dict[str, object]:
        """Refuse columns without an address, and one field in several columns."""
        cleaned = super().clean() or {}
        taken = [cleaned.get(name) for name in self.columns]
        if Field.EMAIL not in taken:
            self.add_error(None, _("Say which column holds the e-mail addresses."))
        for field, label in {**dict(Field.choices), **self.own_fields}.items():
            if taken.count(field) > 1 and field not in Field.of_several_columns():
                self.add_error(None, _("Two columns are taken for “%(field)s”: choose one.") % {"field": label})
        return cleaned

    def choices(self, *, encoding: str, separator: str) -> ImportChoices:
        """Return the choices of a valid form."""
        chosen = self.cleaned_data
        return ImportChoices(
            encoding=encoding,
            separator=separator,
            columns=[chosen[name] or None for name in self.columns],
            state=chosen["state"],
            basis=chosen["basis"],
            evidence=chosen["evidence"],
            agreed_on=chosen["agreed_on"],
            locale=self.locales[chosen["language"]],
            theme_set=ThemeSet.of(chosen["themes"]),
            changes_known=chosen.get("changes_known", False),
        )


def _initial(reader_import: ReaderImport, *, matching: Matching) -> dict[str, object]:
    """Return what was chosen before, or the guess; neither a ground nor a theme is chosen for anybody."""
    theme_set = reader_import.theme_set
    return {
        "basis": reader_import.basis,
        "evidence": reader_import.evidence,
        "agreed_on": reader_import.agreed_on,
        "state": reader_import.state or matching.state,
        "language": reader_import.locale.language_code if reader_import.locale else None,
        "themes": list(theme_set.themes.values_list("pk", flat=True)) if theme_set else [],
        "changes_known": reader_import.changes_known,
    }
