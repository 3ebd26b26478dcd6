"""What the newsletter adds to the hub."""

from django.utils.translation import gettext_lazy as _

from cms.plugins import ClockJob, Feed, PageType, Plugin, WebhookEvent
from newsletters.api import router
from newsletters.api.feeds import issue_texts, sent_in
from newsletters.api.schemas import (
    NewslettersIssueDetail,
    NewslettersIssueSummary,
    NewslettersNewsletterDetail,
    NewslettersNewsletterSummary,
)
from newsletters.conf import conf
from newsletters.issues.checking.own import ISSUE_CHECKS
from newsletters.sending.ledger import ISSUE_SENT


def _sweep() -> None:
    from newsletters.tasks import sweep  # noqa: PLC0415  # declaring a task reads the settings of its backend

    sweep()


def _confirm() -> None:
    from newsletters.audience.tasks import start_confirmations  # noqa: PLC0415  # as above

    start_confirmations()


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
    clock=(
        ClockJob(name="newsletters.sweep", every_seconds=conf.SWEEP_SECONDS, run=_sweep),
        ClockJob(name="newsletters.confirm", every_seconds=conf.SWEEP_SECONDS, run=_confirm),
    ),
    content=("hub_newsletters.Newsletter", "hub_newsletters.NewsletterText", "hub_newsletters.Dispatch"),
    issue_checks=ISSUE_CHECKS,
    events=(WebhookEvent(name=ISSUE_SENT, label=_("An issue of a newsletter has been sent")),),
)
