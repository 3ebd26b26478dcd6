"""The groups in which the menu of blocks shows the kinds."""

from django.utils.translation import gettext_lazy as _

WORDS = _("Text")
PICTURES = _("Pictures, sound and files")
PARTS = _("In parts")
LINKS = _("Links")
SITE = _("From this site")
