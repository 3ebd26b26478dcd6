"""What the newsletter adds to the hub."""

from django.utils.translation import gettext_lazy as _

from cms.plugins import Feed, PageType, Plugin, WebhookEvent
from newsletters.api import router
from newsletters.feeds import issue_texts, sent_in
from newsletters.issue_checks.own import ISSUE_CHECKS
from newsletters.ledger import ISSUE_SENT
from newsletters.schemas import (
    NewslettersIssueDetail,
    NewslettersIssueSummary,
    NewslettersNewsletterDetail,
    NewslettersNewsletterSummary,
)

plugin = Plugin(
    name="newsletters",
    contract=1,
    pages=(
        PageType(
            model="hub_newsletters.NewsletterPage",
            type="newsletter",
            summary=NewslettersNewsletterSummary,
            detail=NewslettersNewsletterDetail,
            related=("newsletter",),
        ),
        PageType(
            model="hub_newsletters.IssuePage",
            type="issue",
            summary=NewslettersIssueSummary,
            detail=NewslettersIssueDetail,
            feed=Feed(having=sent_in, texts=issue_texts),
        ),
    ),
    router=router,
    content=("hub_newsletters.Newsletter", "hub_newsletters.NewsletterText", "hub_newsletters.Dispatch"),
    issue_checks=ISSUE_CHECKS,
    events=(WebhookEvent(name=ISSUE_SENT, label=_("An issue of a newsletter has been sent")),),
)
