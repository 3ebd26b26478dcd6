"""What is kept about readers, why and for how long, what goes next, and which privacy statements are missing."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from wagtail.models import Site

from newsletters.audience.retention import kept_data
from newsletters.models import NewsletterText
from newsletters.publications.permissions import may_see_counts
from newsletters.publications.privacy_statements import privacy_statements
from newsletters.publications.views.frame import render_page


@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    """Show it, as the settings in force say; without any address."""
    if not may_see_counts(request.user):
        raise PermissionDenied
    now = timezone.now()
    return render_page(
        request,
        "audience/privacy",
        title=_("Personal data"),
        icon="lock",
        kept=[(kept, kept.numbers(now=now)) for kept in kept_data()],
        without_statement=texts_without_statement(request),
    )


def texts_without_statement(request: HttpRequest) -> list[NewsletterText]:
    """Return the texts of newsletters, one for each language, beside whose sign-up stands no privacy statement."""
    texts = list(NewsletterText.objects.select_related("newsletter", "locale").order_by("newsletter__name", "pk"))
    site = Site.find_for_request(request)
    stated = privacy_statements(texts, site=site, now=timezone.now()) if site else {}
    return [text for text in texts if text not in stated]
