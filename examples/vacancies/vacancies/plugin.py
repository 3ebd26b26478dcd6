"""What the vacancies plugin adds to the hub."""

from __future__ import annotations

import logging
from operator import attrgetter
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from cms.plugins import CalendarEntry, ClockJob, Feed, PageType, Plugin, StoryCard, StorySection
from cms.plugins.issue_checks import IssueCheck
from vacancies.call import CALL, ISSUE_CALL
from vacancies.checks import check_open
from vacancies.models import VacancyPage
from vacancies.schemas import VacanciesVacancyDetail, VacanciesVacancySummary


def facts(page: VacancyPage) -> dict[str, Any]:
    """Return what the card shows besides the title and teaser, in the active language and time zone."""
    closes_at = timezone.localtime(page.closes_at)
    return {"employer": page.employer, "closes": date_format(closes_at, "j F Y"), "closes_at": closes_at.isoformat()}


def log_closed() -> None:
    """Log how many vacancies are closed and still public."""
    closed = VacancyPage.objects.live().filter(closes_at__lt=timezone.now()).count()
    logging.getLogger(__name__).info("%s vacancies are closed", closed)


plugin = Plugin(
    name="vacancies",
    contract=2,
    distribution="hub-vacancies",
    pages=(
        PageType(
            model="hub_vacancies.VacancyPage",
            type="vacancy",
            summary=VacanciesVacancySummary,
            detail=VacanciesVacancyDetail,
            orders=("closes_at",),
            feed=Feed(),
            calendar=CalendarEntry(starts_at="closes_at", ends_at="closes_at", place=attrgetter("employer")),
        ),
    ),
    story_cards=(
        StoryCard(
            type="vacancy",
            section="vacancies",
            mjml="vacancies/mail/vacancy.mjml",
            text="vacancies/mail/vacancy.txt",
            facts=facts,
            link_text=lambda _page: gettext("See the vacancy and apply"),
            starts_at=attrgetter("closes_at"),  # closed vacancies are no longer gathered
        ),
    ),
    blocks=(CALL,),
    issue_blocks=(ISSUE_CALL,),
    story_sections=(StorySection(name="vacancies", title=_("Vacancies"), place=25),),  # after coming activities
    issue_checks=(IssueCheck(name="vacancies-open", label=_("open vacancies"), run=check_open),),
    clock=(ClockJob(name="vacancies.closed", every_seconds=24 * 3600, run=log_closed),),
)
