"""Own fields: what an organisation wants to know of its readers besides their name, defined by staff.

Readers belong to no site of Wagtail's, so neither do the fields: all newsletters of a hub share them.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Self, TypeVar

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.formats import date_format
from django.utils.translation import get_language, gettext, override
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey, ParentalManyToManyField
from modelcluster.models import ClusterableModel
from wagtail.admin.panels import FieldPanel, InlinePanel
from wagtail.models import Locale, Orderable

from newsletters.models.audience import own_values
from newsletters.models.audience.subscriber import Subscriber
from newsletters.models.newsletter import Newsletter

# How fields and choices are named in files, in the API, in conditions and in greetings.
check_key = RegexValidator(
    r"\A[a-z][a-z0-9_]*\Z", _("Use small letters, digits and underscores, and begin with a letter.")
)


class OwnFieldQuerySet(models.QuerySet["OwnField"]):
    """Own fields, in the order of their keys."""

    def with_words(self) -> Self:
        """Read the words in all languages along with them."""
        return self.prefetch_related("texts__locale", "choices__texts__locale")

    def of(self, newsletters: Iterable[Newsletter]) -> Self:
        """Return those that are for any of these newsletters."""
        return self.filter(Q(newsletters=None) | Q(newsletters__in=newsletters)).distinct()

    def asked_by(self, newsletter: Newsletter) -> Self:
        """Return those that the newsletter's sign-up form asks for."""
        return self.of([newsletter]).filter(asks_on_sign_up=True).with_words()

    def shown_to(self, subscriber: Subscriber) -> Self:
        """Return those that the reader sees and changes on their own page."""
        reads = subscriber.subscriptions.values("newsletter")
        found = self.filter(Q(newsletters=None) | Q(newsletters__in=reads), is_on_own_page=True)
        return found.distinct().with_words()


class OwnField(ClusterableModel):
    """Something that readers are asked, with its words in each language."""

    class Kind(models.TextChoices):
        TEXT = "text", _("Text")  # one line
        CHOICE = "choice", _("Choice")  # one of the field's choices
        DATE = "date", _("Date")
        YES_NO = "yes_no", _("Yes or no")

    key = models.CharField(
        _("key"),
        max_length=40,
        unique=True,
        validators=[check_key],
        help_text=_("Names the field in files, in the API and in greetings, for example organisation. It stays."),
    )
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices, default=Kind.TEXT)
    newsletters = ParentalManyToManyField(
        Newsletter,
        blank=True,
        related_name="+",
        verbose_name=_("newsletters"),
        help_text=_("Only their forms ask for it. If you choose none, those of all newsletters do."),
    )
    asks_on_sign_up = models.BooleanField(
        _("ask when signing up"),
        default=False,
        help_text=_("Ask for no more than you need: what is not needed may not be kept (GDPR, article 5)."),
    )
    is_required = models.BooleanField(_("must be answered when signing up"), default=False)
    is_on_own_page = models.BooleanField(
        _("on the reader’s own page"),
        default=True,
        help_text=_("Readers see and change it there. Among “everything that we keep about you” they always see it."),
    )

    objects = OwnFieldQuerySet.as_manager()

    panels = [
        FieldPanel("key"),
        FieldPanel("kind"),
        InlinePanel("texts", heading=_("Words"), label=_("Language"), min_num=1),
        InlinePanel("choices", heading=_("Choices, if it is a choice"), label=_("Choice")),
        FieldPanel("asks_on_sign_up"),
        FieldPanel("is_required"),
        FieldPanel("is_on_own_page"),
        FieldPanel("newsletters"),
    ]

    class Meta:
        verbose_name = _("own field")
        verbose_name_plural = _("own fields")
        ordering = ["key"]

    def __str__(self) -> str:
        return self.label_in(get_language() or "")

    def clean(self) -> None:
        """Refuse another key or kind than the field had: files, conditions and answers rely on both."""
        super().clean()
        stored = OwnField.objects.filter(pk=self.pk).first() if self.pk else None
        changed = [name for name in ("key", "kind") if stored and getattr(stored, name) != getattr(self, name)]
        if changed:
            words = _("This cannot be changed any more. Add another field instead.")
            raise ValidationError(dict.fromkeys(changed, words))

    def label_in(self, language: str) -> str:
        """Return what the field is called, in this language if it is written in it."""
        text = _in_language(self.texts.all(), language)
        return text.label if text else self.key

    def help_in(self, language: str) -> str:
        """Return what stands beside the field, which may be nothing."""
        text = _in_language(self.texts.all(), language)
        return text.help_text if text else ""

    def choice_labels(self, language: str, *, kept: str = "") -> dict[str, str]:
        """Return the labels of the choices that are offered, and of the one that a reader has, by key."""
        offered = (choice for choice in self.choices.all() if choice.is_offered or choice.key == kept)
        return {choice.key: choice.label_in(language) for choice in offered}

    def read(self, typed: str) -> str:
        """Return an answer as it is kept, empty for none; raise ValidationError if it is no answer to this field.

        A choice may be written by its key, or by its label in any language.
        """
        answer = own_values.one_line(typed)
        if not answer or self.kind == self.Kind.TEXT:
            return answer
        if self.kind == self.Kind.DATE:
            return own_values.iso_date(answer)
        if self.kind == self.Kind.YES_NO:
            return own_values.yes_or_no(answer)
        return self._choice(answer)

    def can_keep(self, answer: str) -> bool:
        """Say whether this is an answer as it is kept: another field may have had the same key when it was given."""
        try:
            return self.read(answer) == answer
        except ValidationError:
            return False

    def _choice(self, answer: str) -> str:
        for choice in self.choices.all():
            if answer.casefold() in {choice.key, *(text.label.casefold() for text in choice.texts.all())}:
                return choice.key
        raise ValidationError(gettext("“%(typed)s” is none of the choices."), params={"typed": answer[:40]})

    def in_words(self, value: str, language: str) -> str:
        """Return a kept answer as people read it; a choice that is gone is shown by its key."""
        with override(language):
            if self.kind == self.Kind.DATE:
                return date_format(date.fromisoformat(value), "DATE_FORMAT")
            if self.kind == self.Kind.YES_NO:
                return gettext("Yes") if value == own_values.YES else gettext("No")
        if self.kind == self.Kind.CHOICE:
            return self.choice_labels(language, kept=value).get(value, value)
        return value


class OwnFieldText(models.Model):
    """What an own field is called in one language."""

    own_field = ParentalKey(OwnField, on_delete=models.CASCADE, related_name="texts")
    locale = models.ForeignKey(Locale, on_delete=models.PROTECT, related_name="+", verbose_name=_("language"))
    label = models.CharField(_("label"), max_length=80)
    help_text = models.CharField(
        _("help"), max_length=200, blank=True, help_text=_("Stands beside it, for example why you ask.")
    )

    panels = [FieldPanel("locale"), FieldPanel("label"), FieldPanel("help_text")]

    class Meta:
        ordering = ["locale__language_code"]
        constraints = [
            models.UniqueConstraint(fields=["own_field", "locale"], name="hub_newsletters_one_label_per_language")
        ]

    def __str__(self) -> str:
        return self.label


class OwnFieldChoice(ClusterableModel, Orderable):
    """One of the answers to a field of the kind choice."""

    own_field = ParentalKey(OwnField, on_delete=models.CASCADE, related_name="choices")
    key = models.CharField(
        _("key"),
        max_length=40,
        validators=[check_key],
        help_text=_("Stands for this choice in files and in the API, for example school."),
    )
    is_offered = models.BooleanField(
        _("offered"), default=True, help_text=_("Who has this choice keeps it if you take the tick away.")
    )

    panels = [
        FieldPanel("key"),
        FieldPanel("is_offered"),
        InlinePanel("texts", heading=_("Label"), label=_("Language"), min_num=1),
    ]

    class Meta(Orderable.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["own_field", "key"],
                name="hub_newsletters_one_choice_of_a_key",
                violation_error_message=_("This field already has a choice with this key."),
            )
        ]

    def __str__(self) -> str:
        return self.key

    def label_in(self, language: str) -> str:
        """Return what the choice is called, in this language if it is written in it."""
        text = _in_language(self.texts.all(), language)
        return text.label if text else self.key


class OwnFieldChoiceText(models.Model):
    """What a choice is called in one language."""

    choice = ParentalKey(OwnFieldChoice, on_delete=models.CASCADE, related_name="texts")
    locale = models.ForeignKey(Locale, on_delete=models.PROTECT, related_name="+", verbose_name=_("language"))
    label = models.CharField(_("label"), max_length=80)

    panels = [FieldPanel("locale"), FieldPanel("label")]

    class Meta:
        ordering = ["locale__language_code"]
        constraints = [
            models.UniqueConstraint(fields=["choice", "locale"], name="hub_newsletters_one_choice_label_per_language")
        ]

    def __str__(self) -> str:
        return self.label


Text = TypeVar("Text", OwnFieldText, OwnFieldChoiceText)


def _in_language(texts: Iterable[Text], language: str) -> Text | None:
    """Return the text in this language, else the first one that there is."""
    written = list(texts)
    own = (text for text in written if text.locale.language_code == language)
    return next(own, written[0] if written else None)


class OwnValue(models.Model):
    """What one reader answered; no row means that they did not."""

    subscriber = models.ForeignKey(
        Subscriber, on_delete=models.CASCADE, related_name="own_values", verbose_name=_("subscriber")
    )
    own_field = models.ForeignKey(
        OwnField, on_delete=models.CASCADE, related_name="values", db_index=False, verbose_name=_("own field")
    )
    value = models.CharField(_("answer"), max_length=own_values.MOST_CHARACTERS)  # as OwnField.read spells it

    class Meta:
        verbose_name = _("answer to an own field")
        verbose_name_plural = _("answers to own fields")
        constraints = [
            models.UniqueConstraint(fields=["subscriber", "own_field"], name="hub_newsletters_one_answer_each")
        ]
        indexes = [
            # Segments are counted from this index alone.
            models.Index(fields=["own_field", "value", "subscriber"], name="hub_newsletters_answered")
        ]

    def __str__(self) -> str:
        return f"{self.own_field_id}: {self.value}"
