"""How a newsletter looks: colours in both schemes, fonts, logo and columns, as its editors set them."""

from __future__ import annotations

import re
from dataclasses import fields
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from cms.models.theme import hex_colour
from newsletters.values.contrast import LEAST, LowContrast, find_low_contrast
from newsletters.values.forced_dark import find_lost_by_force
from newsletters.values.look import FONTS, Look, Picture

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

COLOURS = tuple(field.name for field in fields(Look) if str(field.default).startswith("#"))


def _colour(label: StrOrPromise, default: str, *, help_text: StrOrPromise = "") -> models.CharField[str, str]:
    return models.CharField(label, max_length=7, default=default, validators=[hex_colour], help_text=help_text)


class LookFields(models.Model):
    """The fields of a look; colours that are hard to read are not saved."""

    class Font(models.TextChoices):
        """Fonts that mail clients have; their stacks are in `newsletters.values.look.FONTS`."""

        HELVETICA = "helvetica", _("Helvetica or Arial")
        VERDANA = "verdana", _("Verdana")
        TREBUCHET = "trebuchet", _("Trebuchet")
        TAHOMA = "tahoma", _("Tahoma")
        GEORGIA = "georgia", _("Georgia")
        TIMES = "times", _("Times")

    class Columns(models.IntegerChoices):
        """How many stories of a theme are side by side on wide screens."""

        ONE = 1, _("One: the picture beside the text")
        TWO = 2, _("Two: the picture above the text")

    colour_ink = _colour(_("text"), Look.ink)
    colour_paper = _colour(_("paper"), Look.paper, help_text=_("The background of the stories."))
    colour_page = _colour(_("around the paper"), Look.page)
    colour_sun = _colour(_("accent"), Look.sun, help_text=_("Shapes, buttons and rules, in both schemes; never text."))
    colour_on_sun = _colour(_("text on the accent"), Look.on_sun)
    colour_link = _colour(_("links"), Look.link)
    colour_quiet = _colour(_("quiet text"), Look.quiet, help_text=_("Dates, captions, the footer."))
    colour_dark_ink = _colour(_("text, dark"), Look.dark_ink)
    colour_dark_paper = _colour(_("paper, dark"), Look.dark_paper)
    colour_dark_page = _colour(_("around the paper, dark"), Look.dark_page)
    colour_dark_link = _colour(_("links, dark"), Look.dark_link)
    colour_dark_quiet = _colour(_("quiet text, dark"), Look.dark_quiet)
    heading_font = models.CharField(_("font of titles"), max_length=20, choices=Font.choices, default=Font.HELVETICA)
    body_font = models.CharField(_("font of the text"), max_length=20, choices=Font.choices, default=Font.HELVETICA)
    columns = models.PositiveSmallIntegerField(
        _("stories side by side"),
        choices=Columns.choices,
        default=Columns.ONE,
        help_text=_("On phones they are always shown below each other."),
    )
    logo = models.ForeignKey(
        "wagtailimages.Image",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("logo"),
        help_text=_("Without a logo, the sender's name is shown as text. The logo is at most 240 × 56 pixels large."),
    )
    dark_logo = models.ForeignKey(
        "wagtailimages.Image",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("logo, dark"),
        help_text=_("For mails in dark mode, if the logo cannot be seen there."),
    )

    class Meta:
        abstract = True

    def clean(self) -> None:
        """Refuse pairs of colours with too little contrast, and say what to change."""
        super().clean()
        if not all(re.fullmatch(r"#[0-9a-f]{6}", getattr(self, f"colour_{name}")) for name in COLOURS):
            return  # the field reports it already
        faults: dict[str, list[LowContrast]] = {}
        for low in find_low_contrast(self.colours):
            faults.setdefault(f"colour_{low.text}", []).append(low)
        if faults:
            raise ValidationError({name: self._in_words(lows) for name, lows in faults.items()})
        if lost := {f"colour_{low.ground}": self._lost(low) for low in find_lost_by_force(self.colours)}:
            raise ValidationError(lost)

    @property
    def colours(self) -> dict[str, str]:
        """The colours (#rrggbb) by their names in `Look`."""
        return {name: getattr(self, f"colour_{name}") for name in COLOURS}

    def look(self, *, logo: Picture | None = None, dark_logo: Picture | None = None) -> Look:
        """Return the look for the mails, with these renditions of its logos."""
        return Look(
            heading_font=FONTS[self.heading_font],
            body_font=FONTS[self.body_font],
            columns=self.columns,
            logo=logo,
            dark_logo=dark_logo,
            **self.colours,
        )

    def _in_words(self, lows: list[LowContrast]) -> str:
        """Say what was measured for one text colour, and what to change."""
        sentences = [
            _("The contrast of “%(text)s” on “%(ground)s” is %(ratio)s : 1; text needs %(least)s : 1.")
            % {"text": self._label(low.text), "ground": self._label(low.ground), "ratio": low.ratio, "least": LEAST}
            for low in lows
        ]
        remedy = lows[0].remedy
        if remedy:
            sentences.append(_("Use %(remedy)s, or change the background.") % {"remedy": remedy})
        else:
            sentences.append(str(_("Making it lighter or darker does not help: change the background.")))
        return " ".join(sentences)

    def _lost(self, low: LowContrast) -> str:
        """Say what was measured where a client forces dark mode, and what to change."""
        lost = _(
            "Some phones force dark mode on mails: there the contrast of “%(text)s” on “%(ground)s” is %(ratio)s : 1; "
            "text needs %(least)s : 1."
        ) % {"text": self._label(low.text), "ground": self._label(low.ground), "ratio": low.ratio, "least": LEAST}
        remedy = _("Use %(remedy)s for “%(ground)s”.") % {"remedy": low.remedy, "ground": self._label(low.ground)}
        return f"{lost} {remedy}" if low.remedy else lost

    def _label(self, name: str) -> StrOrPromise:
        return next(field.verbose_name for field in self._meta.fields if field.name == f"colour_{name}")
