"""The form of a key: for which newsletters it is, and what the system may do."""

from __future__ import annotations

from django import forms
from django.contrib.auth.models import AnonymousUser, User
from django.utils.translation import gettext as _

from newsletters.audience.api_keys.rights import NEEDED, givable
from newsletters.models import ApiKey


class ApiKeyForm(forms.ModelForm):
    """What staff fill in; the rights that they do not have themselves are not offered."""

    class Meta:
        model = ApiKey
        fields = ["name", "newsletters", *NEEDED]
        widgets = {"newsletters": forms.CheckboxSelectMultiple}

    def __init__(self, *args: object, user: User | AnonymousUser, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # as they come
        self._user = user
        for name in NEEDED.keys() - givable(user):
            del self.fields[name]

    def clean(self) -> dict[str, object]:
        """Refuse a key that may do nothing."""
        cleaned: dict[str, object] = super().clean() or self.cleaned_data
        if not any(cleaned.get(name) for name in NEEDED):
            raise forms.ValidationError(_("Choose at least one thing that the system may do."))
        return cleaned

    def save(self, commit: bool = True) -> ApiKey:  # noqa: FBT001, FBT002  # as Django calls it
        """Save it, a new one with who added it, and of an old one nothing else than is filled in."""
        if self.instance.pk:
            super().save(commit=False)
            self.instance.save(update_fields=["name", *NEEDED])  # it may be revoked meanwhile
            self.save_m2m()
            return self.instance
        self.instance.created_by = self._user if isinstance(self._user, User) else None
        saved: ApiKey = super().save(commit)
        return saved
