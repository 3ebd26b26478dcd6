"""What the newsletter adds to the hub."""

from django.utils.translation import gettext_lazy as _

from cms.plugins import ClockJob, Feed, PageType, Plugin, StorySection, WebhookEvent
from newsletters.api import router
from newsletters.api.feeds import issue_texts, sent_in
from newsletters.api.schemas import (
    NewslettersIssueDetail,
    NewslettersIssueSummary,
    NewslettersNewsletterDetail,
    NewslettersNewsletterSummary,
)
from newsletters.api.sign_up_block import SIGN_UP
from newsletters.api.subscriber_values import SUBSCRIBER_EVENTS
from newsletters.conf import conf
from newsletters.editions.blocks.button import BUTTON
from newsletters.editions.blocks.divider import DIVIDER
from newsletters.editions.blocks.image import IMAGE
from newsletters.editions.blocks.person import PERSON
from newsletters.editions.blocks.quote import QUOTE
from newsletters.editions.blocks.story import STORY
from newsletters.editions.blocks.text import TEXT
from newsletters.issues.checking.own import ISSUE_CHECKS
from newsletters.sending.ledger import ISSUE_SENT


def _sweep() -> None:
    from newsletters.tasks import sweep  # noqa: PLC0415  # declaring a task reads the settings of its backend

    sweep()


def _answer() -> None:
    from newsletters.audience import tasks  # noqa: PLC0415  # as above

    tasks.start_answers()
    tasks.start_welcomes()
    tasks.wake_bulk_changes()


def _heed() -> None:
    from newsletters.tasks import heed  # noqa: PLC0415  # as above

    heed()


def _read_bounces() -> None:
    from newsletters.tasks import read_bounces  # noqa: PLC0415  # as above

    read_bounces()


def _restart_imports() -> None:
    from newsletters.audience.tasks import restart_imports  # noqa: PLC0415  # as above

    restart_imports()


def _keep_house() -> None:
    from newsletters.audience.tasks import keep_house  # noqa: PLC0415  # as above

    keep_house()


plugin = Plugin(
    name="newsletters",
    contract=2,
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
        ClockJob(name="newsletters.answer", every_seconds=conf.SWEEP_SECONDS, run=_answer),
        ClockJob(name="newsletters.heed", every_seconds=300, run=_heed),
        ClockJob(name="newsletters.bounces", every_seconds=300, run=_read_bounces),
        ClockJob(name="newsletters.imports", every_seconds=60, run=_restart_imports),
        ClockJob(name="newsletters.keep_house", every_seconds=3600, run=_keep_house),
    ),
    content=(
        "hub_newsletters.Newsletter",
        "hub_newsletters.NewsletterText",
        "hub_newsletters.Dispatch",
        "hub_newsletters.OwnField",
        "hub_newsletters.OwnFieldText",
        "hub_newsletters.OwnFieldChoice",
        "hub_newsletters.OwnFieldChoiceText",
    ),
    issue_checks=ISSUE_CHECKS,
    blocks=(SIGN_UP,),
    issue_blocks=(STORY, PERSON, TEXT, QUOTE, BUTTON, IMAGE, DIVIDER),
    story_sections=(
        StorySection(name="theme", title=_("About the hub"), place=10),
        StorySection(name="activities", title=_("Coming activities"), place=20),
        StorySection(name="archive", title=_("From the archive"), place=30, is_quiet=True),
        StorySection(name="people", title=_("People"), place=40),
    ),
    events=(WebhookEvent(name=ISSUE_SENT, label=_("An issue of a newsletter has been sent")), *SUBSCRIBER_EVENTS),
)
