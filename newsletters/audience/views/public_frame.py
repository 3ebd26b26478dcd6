"""The frame of the pages for subscribers: language, direction, and the page that asks to come back later."""

from __future__ import annotations

import math

from django.db.models import Exists, OuterRef
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import get_language_info
from django.utils.translation import gettext as _
from wagtail.models import Locale

from cms.api.routes.pages import site_of
from newsletters.audience.sign_up_limit import SignUpThrottle
from newsletters.models import Newsletter, NewsletterPage, NewsletterText, Subscription
from newsletters.publications.agreements import NOTHING_SHOWN, Agreement
from newsletters.publications.privacy_statements import privacy_statements


def public_page(request: HttpRequest, name: str, **context: object) -> HttpResponse:
    """Return the template `newsletters/public/<name>.html` in the active language."""
    language = translation.get_language() or "en"
    direction = "rtl" if get_language_info(language)["bidi"] else "ltr"
    context |= {"language": language, "direction": direction}
    if isinstance(subscription := context.get("subscription"), Subscription):
        # Without an address the newsletter is not written in this language any more, or nobody can subscribe.
        text, context["sign_up_url"] = text_and_sign_up(subscription.newsletter, subscription.locale)
        context["newsletter_title"] = text.title if text else subscription.newsletter.name
    for form in context.values():
        if isinstance(form, BaseForm):
            _focus_first_error(form)
    return render(request, f"newsletters/public/{name}.html", context)


def text_and_sign_up(newsletter: Newsletter, locale: Locale) -> tuple[NewsletterText | None, str]:
    """Return the newsletter's text in this language, and the address of its sign-up page: empty without a page."""
    pages = NewsletterPage.objects.live().filter(newsletter=OuterRef("newsletter"))
    text = newsletter.texts.filter(locale=locale).annotate(has_page=Exists(pages)).first()
    return text, sign_up_url(newsletter, locale) if text and text.has_page else ""


def sign_up_url(newsletter: Newsletter, locale: Locale) -> str:
    """Return the address of the sign-up page in this language."""
    return reverse("newsletters:sign-up", args=[newsletter.slug, locale.language_code])


def shown_agreement(request: HttpRequest, text: NewsletterText | None) -> Agreement:
    """Return what to show beside the button of a newsletter with these texts."""
    if text is None:
        return NOTHING_SHOWN
    statements = privacy_statements([text], site=site_of(request), now=timezone.now())
    return Agreement(wording=text.consent_wording, statement=statements.get(text))


def shown_version(request: HttpRequest) -> str:
    """Return which version of the agreement the form showed that was sent in; empty if it does not say so."""
    return request.POST.get("consent_version", "")


def words_have_changed() -> str:
    """Return why a form is shown once more, with what was filled in."""
    return _("The words below changed while this page was open. Please read them, and press the button again.")


def _focus_first_error(form: BaseForm) -> None:
    """Let the browser go to the first field with an error, so that a screen reader reads it out."""
    wrong = next((field for field in form if field.errors), None)
    if wrong is not None:
        wrong.field.widget.attrs["autofocus"] = True


def too_many(request: HttpRequest, throttle: SignUpThrottle) -> HttpResponse:
    """Return the page that says when the next request is allowed."""
    seconds = math.ceil(throttle.wait() or 0)
    response = public_page(request, "too_many", minutes=math.ceil(seconds / 60))
    response.status_code, response["Retry-After"] = 429, str(seconds)
    return response
