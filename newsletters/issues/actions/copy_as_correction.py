"""Make a new issue that corrects a sent one."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from wagtail.log_actions import log

from newsletters.models import IssuePage, IssueText
from newsletters.publications.permissions import require_adding


@transaction.atomic
def copy_as_correction(issue: IssuePage, *, user: User, now: datetime) -> IssuePage:
    """Return a draft with the words and stories that were sent, and subjects that announce a correction."""
    require_adding(user, issue.get_parent())
    title = _("Correction: %(title)s") % {"title": issue.title}
    changes = {"title": title[:255], "slug": _free_slug(issue), "issue_date": timezone.localdate(now)}
    copy: IssuePage = issue.copy(
        recursive=False, copy_revisions=False, keep_live=False, update_attrs=changes, user=user
    )
    texts = list(copy.texts.select_related("locale"))
    for text in texts:
        with translation.override(text.locale.language_code):
            subject = _("Correction: %(title)s") % {"title": text.subject}
        text.subject = subject[: IssueText.subject.field.max_length]
    copy.texts = texts
    copy.save_revision(user=user)
    log(instance=issue, action="hub_newsletters.copy_as_correction", user=user, data={"copy": copy.pk})
    return copy


def _free_slug(issue: IssuePage) -> str:
    base = f"{issue.slug[:200]}-correction"
    taken = set(issue.get_siblings().filter(slug__startswith=base).values_list("slug", flat=True))
    return next(slug for n in range(1, len(taken) + 2) if (slug := base if n == 1 else f"{base}-{n}") not in taken)
