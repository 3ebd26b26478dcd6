"""Freeze what a dispatch sends to whom: its editions, and one delivery for each person of its audience."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import connection
from wagtail.models import Locale

from newsletters.editions.compile_edition import CompiledEdition, compile_edition, is_for_readers
from newsletters.editions.compile_issue import CompiledIssue
from newsletters.editions.kept_values import BlockValue
from newsletters.models import Delivery, Dispatch, Edition, ThemeSet
from newsletters.queries import Variant, audience, had_no_copy_of, variants

_FITS = "edition.theme_set_id = person.theme_set_id"
_FITS_OR_FULL = f"""({_FITS} OR edition.theme_set_id IS NULL AND NOT EXISTS (
    SELECT 1 FROM {{editions}} AS own WHERE own.dispatch_id = edition.dispatch_id AND own.number = edition.number
        AND own.locale_id = person.locale_id AND own.theme_set_id = person.theme_set_id))"""  # noqa: S608

Reason = Delivery.Reason
Status = Delivery.Status


def freeze_audience(dispatch: Dispatch, *, compiled: CompiledIssue, now: datetime) -> int:
    """Save the dispatch's editions and deliveries; return how many people there are. Call it in a transaction.

    Whoever got the issue in a dispatch that was cancelled half-way does not get it again.
    """
    for locale, full in compiled.editions.items():
        save_edition(dispatch, full, locale=locale, theme_set=None, values=compiled.contents[locale].values)
    known = variants(dispatch.newsletter)
    without_stories = {variant.key for variant in known if not _save_variant(dispatch, variant, compiled=compiled)}
    people = had_no_copy_of(dispatch.issue_id, audience(dispatch.newsletter))
    insert_deliveries(dispatch, people, editions_of=dispatch, now=now)
    _mend_who_changed_meanwhile(dispatch, compiled=compiled, without_stories=without_stories)
    return dispatch.audience


def insert_deliveries(
    dispatch: Dispatch, people: Any, *, editions_of: Dispatch, now: datetime, full_if_none: bool = False
) -> None:
    """Make a delivery for each of these subscriptions and note how many there are.

    Those in whose language the issue says nothing are excluded. Those for whose language and themes `editions_of` has
    no edition are excluded, or with `full_if_none` get the one with every story. One INSERT … SELECT does it: memory
    does not grow, and somebody who changes themes meanwhile is in it once. Copies of one edition stand together, so
    that workers need few editions at a time.
    """
    chosen, chosen_parameters = people.order_by().values("id", "locale_id", "theme_set_id").query.sql_with_params()
    quote = connection.ops.quote_name
    # Names come from the models, values are parameters.
    fits = _FITS_OR_FULL.format(editions=quote(Edition._meta.db_table)) if full_if_none else _FITS
    told = list(
        editions_of.editions.filter(number=editions_of.edition_number, theme_set=None).values_list("locale", flat=True)
    )
    languages = ", ".join(["%s"] * len(told))
    sql = f"""
        INSERT INTO {quote(Delivery._meta.db_table)}
            (dispatch_id, issue_id, subscription_id, edition_id, status, reason, settled_at, attempts, worker, reply)
        SELECT %s, %s, person.id, edition.id,
            CASE WHEN edition.id IS NULL THEN %s ELSE %s END,
            CASE WHEN edition.id IS NOT NULL THEN '' WHEN person.locale_id IN ({languages}) THEN %s ELSE %s END,
            CASE WHEN edition.id IS NULL THEN %s ELSE NULL END,
            0, '', ''
        FROM ({chosen}) AS person LEFT JOIN {quote(Edition._meta.db_table)} AS edition
            ON edition.dispatch_id = %s AND edition.number = %s
            AND edition.locale_id = person.locale_id AND {fits}
        ORDER BY edition.id, person.id
    """  # noqa: S608
    states = [str(Status.EXCLUDED), str(Status.READY)]
    reasons = [str(Reason.NO_STORIES), str(Reason.NO_LANGUAGE)]
    moment = connection.ops.adapt_datetimefield_value(now)
    with connection.cursor() as cursor:
        cursor.execute(
            sql,
            [
                *(dispatch.pk, dispatch.issue_id, *states, *told, *reasons, moment),
                *(*chosen_parameters, editions_of.pk, editions_of.edition_number),
            ],
        )
        dispatch.audience = cursor.rowcount
    dispatch.save(update_fields=["audience"])


def save_edition(
    dispatch: Dispatch,
    compiled: CompiledEdition,
    *,
    locale: Locale,
    theme_set: ThemeSet | None,
    values: Sequence[BlockValue] = (),
) -> Edition:
    """Save a compiled edition as one of the dispatch's; `values` are the blocks of the one with every story."""
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
    """Compile and save the edition of a variant; None if there is nothing for it."""
    content = compiled.contents.get(variant.locale)
    if content is None or not is_for_readers(content, followed=variant.followed):
        return None
    edition = compile_edition(content, followed=variant.followed)
    return save_edition(dispatch, edition, locale=variant.locale, theme_set=variant.theme_set)


def _mend_who_changed_meanwhile(
    dispatch: Dispatch, *, compiled: CompiledIssue, without_stories: Iterable[tuple[int, int]]
) -> None:
    """Give an edition to those who chose other themes while the audience was frozen, and so were left without."""
    left_out = dispatch.deliveries.filter(reason=Reason.NO_STORIES)
    chosen = set(left_out.values_list("subscription__locale", "subscription__theme_set").order_by().distinct())
    for locale_pk, theme_set_pk in chosen - set(without_stories):
        own = left_out.filter(subscription__locale=locale_pk, subscription__theme_set=theme_set_pk)
        locale = next((each for each in compiled.contents if each.pk == locale_pk), None)
        if locale is None:
            continue  # a language that the newsletter is not written in
        variant = Variant(locale=locale, theme_set=ThemeSet.objects.get(pk=theme_set_pk), people=0)
        edition = dispatch.editions.filter(locale=locale, theme_set=theme_set_pk).first() or _save_variant(
            dispatch, variant, compiled=compiled
        )
        if edition:
            own.update(edition=edition, status=Status.READY, reason="", settled_at=None)
