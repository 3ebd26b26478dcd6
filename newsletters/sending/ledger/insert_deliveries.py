"""Insert one delivery for each person of an audience, all at once."""

from __future__ import annotations

from datetime import datetime

from django.db import connection
from django.db.models import Model, QuerySet

from newsletters.models import Delivery, Dispatch, Edition, Subscription

Reason = Delivery.Reason
Status = Delivery.Status

_FITS = "edition.theme_set_id = person.theme_set_id"
_FITS_OR_FULL = f"""({_FITS} OR edition.theme_set_id IS NULL AND NOT EXISTS (
    SELECT 1 FROM {{editions}} AS own WHERE own.dispatch_id = edition.dispatch_id AND own.number = edition.number
        AND own.locale_id = person.locale_id AND own.theme_set_id = person.theme_set_id))"""  # noqa: S608


def insert_deliveries(
    dispatch: Dispatch,
    people: QuerySet[Subscription],
    *,
    editions_of: Dispatch,
    now: datetime,
    full_if_none: bool = False,
) -> None:
    """Make a delivery for each of these subscriptions and note how many there are.

    Readers in whose language the issue says nothing are excluded. If `editions_of` has no edition for a reader's
    language and themes, the reader is excluded, or with `full_if_none` gets the edition with every story. It is one
    INSERT … SELECT: memory use is constant, and somebody who changes themes meanwhile gets one delivery. The copies
    of an edition are consecutive, so that workers need few editions at a time.
    """
    chosen, chosen_parameters = people.order_by().values("id", "locale_id", "theme_set_id").query.sql_with_params()
    # Table names come from the models, values are parameters.
    fits = _FITS_OR_FULL.format(editions=_table(Edition)) if full_if_none else _FITS
    locales = list(
        editions_of.editions.filter(number=editions_of.edition_number, theme_set=None).values_list("locale", flat=True)
    )
    languages = ", ".join(["%s"] * len(locales))
    sql = f"""
        INSERT INTO {_table(Delivery)}
            (dispatch_id, issue_id, subscription_id, edition_id, status, reason, settled_at, attempts, worker, reply)
        SELECT %s, %s, person.id, edition.id,
            CASE WHEN edition.id IS NULL THEN %s ELSE %s END,
            CASE WHEN edition.id IS NOT NULL THEN '' WHEN person.locale_id IN ({languages}) THEN %s ELSE %s END,
            CASE WHEN edition.id IS NULL THEN %s ELSE NULL END,
            0, '', ''
        FROM ({chosen}) AS person LEFT JOIN {_table(Edition)} AS edition
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
                *(dispatch.pk, dispatch.issue_id, *states, *locales, *reasons, moment),
                *(*chosen_parameters, editions_of.pk, editions_of.edition_number),
            ],
        )
        dispatch.audience = cursor.rowcount
    dispatch.save(update_fields=["audience"])


def _table(model: type[Model]) -> str:
    return connection.ops.quote_name(model._meta.db_table)
