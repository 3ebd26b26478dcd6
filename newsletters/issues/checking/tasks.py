"""Check the links of an issue in the background; a task carries only a key, may run twice, and is limited in time."""

from __future__ import annotations

import time
from datetime import timedelta

from django.core.cache import cache
from django.utils import timezone

from cms.background.compat import task
from newsletters.conf import conf
from newsletters.editions.compile_issue import compile_issue
from newsletters.exceptions import IssueProblem
from newsletters.issues.checking.links.check_links import check_links
from newsletters.issues.checking.links.client import ask
from newsletters.issues.checking.links.foreign_links import foreign_urls
from newsletters.issues.checking.links.states import own_hosts
from newsletters.issues.checking.reading import mails_of
from newsletters.models import IssuePage, LinkCheck

SETTLE_SECONDS = 10  # the editor saves every half second while somebody types


@task(backend="background")
def check_links_of(issue_pk: int) -> int:
    """Check the links of the issue as it was last saved; return how many are left for the next task."""
    issue = IssuePage.objects.filter(pk=issue_pk).first()
    left = check_links(_urls_of(issue) if issue else [], ask=ask, clock=timezone.now, pause=time.sleep)
    if left:
        check_links_of.enqueue(issue_pk)
    return left


def check_links_soon(issue: IssuePage) -> None:
    """Have the issue's links checked after a save; several saves in a row make one task."""
    if conf.CHECK_LINKS and cache.add(f"newsletters:links:{issue.pk}", value=True, timeout=SETTLE_SECONDS):
        later = timezone.now() + timedelta(seconds=SETTLE_SECONDS)
        check_links_of.using(run_after=later).enqueue(issue.pk)


def check_links_again(issue: IssuePage) -> None:
    """Have all links of the issue as it was last saved checked now, however recently they were."""
    if conf.CHECK_LINKS:
        LinkCheck.want_again(_urls_of(issue))
        check_links_of.enqueue(issue.pk)


def _urls_of(issue: IssuePage) -> list[str]:
    """Return the issue's links to other sites; none if it cannot be compiled."""
    latest = issue.get_latest_revision_as_object()
    try:
        compiled = compile_issue(latest, newsletter=issue.newsletter, now=timezone.now())
    except IssueProblem:
        return []
    return foreign_urls(mails_of(compiled), hosts=own_hosts())
