"""Readers whose address is at some domains."""

from __future__ import annotations

import re

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cms.values.hosts import ascii_host, readable_host
from newsletters.audience.segments.condition import ConditionForm, either
from newsletters.models import Subscriber

MOST_DOMAINS = 20
HOST = re.compile(r"(?!-)[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63})+")


class DomainsField(forms.CharField):
    """Domains, separated by commas or spaces; kept in ASCII and small letters."""

    def to_python(self, value: object) -> str:
        """Return the domains as they are compared; raise ValidationError if one cannot be a domain."""
        typed = super().to_python(value) or ""
        domains = [ascii_host(word.strip("@").lower()) for word in typed.replace(",", " ").split()]
        if len(domains) > MOST_DOMAINS:
            raise ValidationError(_("At most %(most)s domains."), params={"most": MOST_DOMAINS})
        for domain in domains:
            if not HOST.fullmatch(domain):
                raise ValidationError(_("“%(domain)s” is not a domain."), params={"domain": domain})
        return ", ".join(dict.fromkeys(domains))


class MailDomainCondition(ConditionForm):
    """Their mail address is at one of these domains; a part of a domain is never looked for."""

    kind = "mail_domain"
    label = gettext_lazy("Mail domain")
    describes_people = True  # many domains have one reader

    domains = DomainsField(
        label=gettext_lazy("Their mail address is at"),
        max_length=1000,
        help_text=gettext_lazy("What comes after the @, for example example.org. Separate several by commas."),
    )

    def words(self) -> str:
        """Return "have an address at example.org"."""
        domains = [readable_host(domain) for domain in self._domains()]
        return _("have an address at %(domains)s") % {"domains": either(domains)}

    def q(self) -> Q:
        """Compare the domain of the subscriber's address."""
        people = Subscriber.objects.filter(domain__in=self._domains())
        return Q(subscriber__in=people.values("pk"))

    def _domains(self) -> list[str]:
        domains: str = self.cleaned_data["domains"]
        return domains.split(", ")
