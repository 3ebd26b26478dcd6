"""`/newsletters`: the newsletters, their sent issues, and the request to subscribe."""

from __future__ import annotations

from collections import defaultdict
from typing import Annotated

from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from ninja import P, PathEx, Query, Router
from ninja.errors import ValidationError
from pydantic import Field
from wagtail.models import Locale, Site

from cms.api.context import BuildContext
from cms.api.http.params import Language
from cms.api.routes.page_query import MAX_OFFSET
from cms.api.routes.pages import neighbours, site_of
from cms.api.values import Value
from cms.content.queries import public_pages
from cms.models import Theme
from cms.plugins import References
from newsletters.api.blocks import edition_references
from newsletters.api.own_fields import own_values_of
from newsletters.api.schemas import (
    NewslettersChallenge,
    NewslettersEdition,
    NewslettersIssue,
    NewslettersIssueItem,
    NewslettersIssueList,
    NewslettersNewsletter,
    NewslettersSubscriptionAnswer,
    NewslettersSubscriptionRequest,
)
from newsletters.audience.actions.request_subscription import request_subscription
from newsletters.audience.queries import public_newsletters
from newsletters.audience.safeguards.proof_of_work import new_challenge
from newsletters.audience.safeguards.proofs import proof_in_body
from newsletters.audience.sign_up_limit import SignUpThrottle
from newsletters.audience.tasks import start_answer
from newsletters.conf import conf
from newsletters.models import ConsentSource, Dispatch, Edition, IssuePage, Newsletter, OwnField
from newsletters.publications.agreements import NOTHING_SHOWN, Agreement
from newsletters.publications.privacy_statements import privacy_statements
from newsletters.values.subscriber_details import SubscriberDetails

router = Router(tags=["newsletters"])

NewsletterSlug = PathEx[Annotated[str, Field(examples=["newsletter"])], P(description="The newsletter's `slug`.")]
IssueSlug = PathEx[Annotated[str, Field(examples=["2026-11"])], P(description="The issue's `slug`.")]


class NewslettersIssueQuery(Value):
    """The query parameters of a newsletter's issues."""

    locale: Language | None = Field(
        default=None, description="The code of the language for the titles.", examples=["en"]
    )
    limit: int = Field(default=20, ge=1, le=100, description="How many issues to return at most.", examples=[20])
    offset: int = Field(default=0, ge=0, le=MAX_OFFSET, description="How many issues to skip.", examples=[0])


@router.get("", response=list[NewslettersNewsletter], operation_id="listNewsletters", summary="List newsletters")
def list_newsletters(request: HttpRequest) -> list[NewslettersNewsletter]:
    """Return the newsletters that have a public page on this site."""
    site, now = site_of(request), timezone.now()
    return [
        NewslettersNewsletter.of(newsletter, site=site, now=now)
        for newsletter in public_newsletters(site=site, now=now)
    ]


@router.get("/{slug:slug}", response=NewslettersNewsletter, operation_id="getNewsletter", summary="Get a newsletter")
def get_newsletter(request: HttpRequest, slug: NewsletterSlug) -> NewslettersNewsletter:
    """Return one newsletter and its languages."""
    return NewslettersNewsletter.of(_newsletter(request, slug), site=site_of(request), now=timezone.now())


@router.get("/{slug:slug}/issues", response=NewslettersIssueList, operation_id="listIssues", summary="List issues")
def list_issues(
    request: HttpRequest, slug: NewsletterSlug, query: Query[NewslettersIssueQuery]
) -> NewslettersIssueList:
    """Return the newsletter's sent issues, the newest first."""
    issues = _sent_issues(request, slug)
    found = list(issues[query.offset : query.offset + query.limit])
    count = issues.count()
    return NewslettersIssueList(
        count=count,
        **neighbours(request, offset=query.offset, limit=query.limit, has_next=query.offset + query.limit < count),
        items=_items(found, language=query.locale, site=site_of(request)),
    )


@router.get(
    "/{slug:slug}/issues/{slug:issue}", response=NewslettersIssue, operation_id="getIssue", summary="Get an issue"
)
def get_issue(request: HttpRequest, slug: NewsletterSlug, issue: IssueSlug) -> NewslettersIssue:
    """Return one sent issue in each of its languages, free of personal links."""
    found = _sent_issues(request, slug).filter(slug=issue).first()
    if found is None:
        raise Http404("There is no such issue.")
    editions = found.archived_editions
    points = edition_references(editions)
    context = BuildContext(site=site_of(request), now=timezone.now(), pages=[found], references=points)
    return NewslettersIssue(
        **dict(_item(found, editions, language=None, context=context)),
        editions=[NewslettersEdition.of(edition, context=context) for edition in editions],
    )


@router.post(
    "/{slug:slug}/subscriptions",
    response={202: NewslettersSubscriptionAnswer},
    operation_id="requestSubscription",
    url_name="subscribe",
    summary="Ask for a subscription",
    throttle=[SignUpThrottle(proof_of=proof_in_body)],
)
def ask_for_subscription(
    request: HttpRequest, slug: NewsletterSlug, body: NewslettersSubscriptionRequest
) -> NewslettersSubscriptionAnswer:
    """Send a mail that asks the reader to confirm; the answer, in the language asked for, never says who is subscribed.

    Show the language's `consent_wording` from `/newsletters/{slug}` next to the button with a link to its
    `privacy_statement`, send its `consent_version` back, offer the themes of `/site`, and ask for the language's
    `own_fields`. The mail's link leads to a page of the hub, where the reader confirms; the website has nothing more to
    do.
    """
    newsletter = _newsletter(request, slug)
    locale = newsletter.locales().filter(language_code=body.language).first()
    if locale is None:
        raise ValidationError(
            [{"loc": ("body", "language"), "msg": "The newsletter is not published in this language."}]
        )
    with translation.override(locale.language_code):
        return _ask(request, newsletter, locale, body)


def _ask(
    request: HttpRequest, newsletter: Newsletter, locale: Locale, body: NewslettersSubscriptionRequest
) -> NewslettersSubscriptionAnswer:
    """Note the request and answer it, in the active language; raise ValidationError."""
    themes = list(Theme.objects.filter(slug__in=body.themes))
    if unknown := sorted(set(body.themes) - {theme.slug for theme in themes}):
        words = _("There is no theme %(themes)s.")
        raise ValidationError([{"loc": ("body", "themes"), "msg": words % {"themes": ", ".join(unknown)}}])
    if not themes and Theme.objects.exists():
        raise ValidationError([{"loc": ("body", "themes"), "msg": _("Choose at least one theme.")}])
    shown, now = _shown(request, newsletter, locale, version=body.consent_version), timezone.now()
    own_values = own_values_of(body.own_fields, asked=OwnField.objects.asked_by(newsletter), may_require=True)
    if not body.leave_empty:
        sign_up = request_subscription(
            newsletter=newsletter,
            details=SubscriberDetails.of(body.model_dump()),
            locale=locale,
            themes=themes,
            source=ConsentSource.API,
            wording=shown.wording,
            statement=shown.statement,
            own_values=own_values,
            now=now,
        )
        start_answer(sign_up, now=now)
    answer = _("Thank you. We have sent a mail to this address. Open the link in it to go on.")
    return NewslettersSubscriptionAnswer(detail=answer)


@router.post(
    "/{slug:slug}/challenges",
    response={201: NewslettersChallenge},
    operation_id="createChallenge",
    summary="Get a challenge for a proof of work",
    url_name="challenge",
)
def create_challenge(request: HttpRequest, slug: NewsletterSlug) -> dict[str, object]:
    """Return a challenge in altcha's scheme, whose solution goes with a request to subscribe as `altcha`.

    It is valid for twenty minutes, once, and for this newsletter. 404 if the hub asks for no proof of work.
    """
    newsletter = _newsletter(request, slug)
    if not conf.PROOF_OF_WORK:
        raise Http404("No proof of work is asked for.")
    return new_challenge(newsletter.slug, now=timezone.now()).to_dict()


def _shown(request: HttpRequest, newsletter: Newsletter, locale: Locale, *, version: str) -> Agreement:
    """Return what the website showed beside its button; raise ValidationError if that has changed since."""
    text = newsletter.text_in(locale)
    statements = privacy_statements([text] if text else [], site=site_of(request), now=timezone.now())
    agreement = Agreement(wording=text.consent_wording, statement=statements.get(text)) if text else NOTHING_SHOWN
    if agreement.is_outdated(version):
        words = _("The words or the privacy statement have changed: show the new ones and ask again.")
        raise ValidationError([{"loc": ("body", "consent_version"), "msg": words}])
    return agreement.as_shown(version)


def _newsletter(request: HttpRequest, slug: str) -> Newsletter:
    newsletter = public_newsletters(site=site_of(request), now=timezone.now()).filter(slug=slug).first()
    if newsletter is None:
        raise Http404("There is no such newsletter.")
    return newsletter


def _sent_issues(request: HttpRequest, slug: str) -> QuerySet[IssuePage]:
    newsletter = _newsletter(request, slug)
    public = public_pages(site=site_of(request), now=timezone.now())
    sent = newsletter.dispatches.exclude(status=Dispatch.Status.CANCELLED).values("issue")
    return IssuePage.objects.filter(pk__in=public.values("pk")).filter(pk__in=sent).order_by("-issue_date", "-pk")


def _items(issues: list[IssuePage], *, language: str | None, site: Site) -> list[NewslettersIssueItem]:
    found = Edition.objects.in_archive().filter(dispatch__issue__in=issues).defer("html", "text", "blocks")
    editions = defaultdict(list)
    for edition in found.select_related("locale", "dispatch").order_by("locale__language_code"):
        editions[edition.dispatch.issue_id].append(edition)
    context = BuildContext(site=site, now=timezone.now(), pages=issues, references=References())
    return [_item(issue, editions[issue.pk], language=language, context=context) for issue in issues]


def _item(
    issue: IssuePage, editions: list[Edition], *, language: str | None, context: BuildContext
) -> NewslettersIssueItem:
    page = context.ref(issue)
    asked = (edition for edition in editions if edition.locale.language_code == language)
    return NewslettersIssueItem(
        id=issue.pk,
        slug=issue.slug,
        path=page.path,
        url=page.url,
        title=next(asked, editions[0]).title,
        issue_date=issue.issue_date,
        sent_at=editions[0].dispatch.created_at,
        languages=[edition.locale.language_code for edition in editions],
    )
