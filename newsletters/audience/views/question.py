"""The page behind the mail that asks a sleeping reader whether they still want the newsletter: a yes and a no."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from newsletters.audience.actions.change_subscription import unsubscribe
from newsletters.audience.question_tokens import read_question_token
from newsletters.audience.sleeping.answer import still_wanted
from newsletters.audience.views.public_frame import public_page
from newsletters.exceptions import WrongToken
from newsletters.models import ConsentSource, SignUp, Subscription


@csrf_exempt  # the token is the permission; the mail may be opened where there are no cookies
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def still(request: HttpRequest, token: str) -> HttpResponse:
    """Show two buttons; opening the link is no answer, because scanners open links."""
    try:
        pk = read_question_token(token)
        question = SignUp.objects.get(pk=pk, kind=SignUp.Kind.STILL)
        owned = Subscription.objects.select_related("subscriber", "newsletter", "locale", "theme_set")
        subscription = owned.get(subscriber=question.subscriber_id, newsletter=question.newsletter_id)
    except (WrongToken, SignUp.DoesNotExist, Subscription.DoesNotExist):
        return public_page(request, "broken_link")
    with translation.override(subscription.locale.language_code):
        return _page(request, question, subscription)


def _page(request: HttpRequest, question: SignUp, subscription: Subscription) -> HttpResponse:
    """Do what the button says; the answer leads to no choices, as whoever was forwarded the mail sees it, too."""
    text = subscription.newsletter.text_in(subscription.locale)
    wording = _("Do you still want “%(newsletter)s”?") % {"newsletter": text.title if text else subscription.newsletter}
    answer = request.POST.get("answer") if request.method == "POST" else None
    if answer == "yes" and still_wanted(question, wording=wording, now=timezone.now()):
        is_paused = subscription.paused_until and subscription.paused_until > timezone.localdate()
        return public_page(request, "still_wanted", subscription=subscription, is_paused=is_paused)
    if answer == "no":
        unsubscribe(subscription, source=ConsentSource.QUESTION, now=timezone.now())
    has_ended = subscription.status == Subscription.Status.ENDED or answer == "yes"
    return public_page(request, "unsubscribed" if has_ended else "question", subscription=subscription, wording=wording)
