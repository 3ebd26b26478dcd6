"""Freeze what a dispatch sends to whom: its editions, and one delivery for each reader."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from wagtail.models import Locale

from newsletters.audience.queries import Variant, audience, variants
from newsletters.editions.compile_edition import CompiledEdition, compile_edition, is_for_readers
from newsletters.editions.compile_issue import CompiledIssue
from newsletters.editions.content import BlockValue
from newsletters.models import Delivery, Dispatch, Edition, ThemeSet
from newsletters.sending.ledger.insert_deliveries import insert_deliveries
from newsletters.sending.ledger.status import had_no_copy_of

Reason = Delivery.Reason
Status = Delivery.Status


def freeze_audience(dispatch: Dispatch, *, compiled: CompiledIssue, now: datetime) -> int:
    """Save the dispatch's editions and deliveries; return how many readers there are. Call it in a transaction.

    Readers who got the issue in a dispatch that was cancelled half-way do not get it again. Readers who are not among
    the recipients have no delivery.
    """
    for locale, full in compiled.editions.items():
        save_edition(dispatch, full, locale=locale, theme_set=None, values=compiled.contents[locale].values)
    known = variants(dispatch.newsletter, to=compiled.recipients)
    without_stories = {variant.key for variant in known if not _save_variant(dispatch, variant, compiled=compiled)}
    people = had_no_copy_of(dispatch.issue_id, audience(dispatch.newsletter, to=compiled.recipients))
    insert_deliveries(dispatch, people, editions_of=dispatch, now=now)
    _add_who_changed_meanwhile(dispatch, compiled=compiled, without_stories=without_stories)
    return dispatch.audience


def save_edition(
    dispatch: Dispatch,
    compiled: CompiledEdition,
    *,
    locale: Locale,
    theme_set: ThemeSet | None,
    values: Sequence[BlockValue] = (),
) -> Edition:
    """Save a compiled edition for the dispatch; `values` are the blocks of the edition with every story."""
    return Edition.objects.create(
        dispatch=dispatch,
        number=dispatch.edition_number,
        locale=locale,
        theme_set=theme_set,
        subject=compiled.subject,
        preheader=compiled.preheader,
        title=compiled.title,
        greeting=compiled.greeting.with_name,
        greeting_without_name=compiled.greeting.without_name,
        html=compiled.html,
        text=compiled.text,
        content_hash=compiled.content_hash,
        blocks=list(values),
    )


def _save_variant(dispatch: Dispatch, variant: Variant, *, compiled: CompiledIssue) -> Edition | None:
    """Compile and save the edition of a variant; return None if there is nothing for its readers."""
    content = compiled.contents.get(variant.locale)
    if content is None or not is_for_readers(content, followed=variant.followed):
        return None
    edition = compile_edition(content, followed=variant.followed)
    return save_edition(dispatch, edition, locale=variant.locale, theme_set=variant.theme_set)


def _add_who_changed_meanwhile(
    dispatch: Dispatch, *, compiled: CompiledIssue, without_stories: Iterable[tuple[int, int]]
) -> None:
    """Give an edition to readers who were left without one because they changed their themes in the meantime."""
    left_out = dispatch.deliveries.filter(reason=Reason.NO_STORIES)
    chosen = set(left_out.values_list("subscription__locale", "subscription__theme_set").order_by().distinct())
    for locale_pk, theme_set_pk in chosen - set(without_stories):
        own = left_out.filter(subscription__locale=locale_pk, subscription__theme_set=theme_set_pk)
        locale = next((locale for locale in compiled.contents if locale.pk == locale_pk), None)
        if locale is None:
            continue  # a language that the newsletter is not written in
        variant = Variant(locale=locale, theme_set=ThemeSet.objects.get(pk=theme_set_pk), people=0)
        edition = dispatch.editions.filter(locale=locale, theme_set=theme_set_pk).first() or _save_variant(
            dispatch, variant, compiled=compiled
        )
        if edition:
            own.update(edition=edition, status=Status.READY, reason="", settled_at=None)
