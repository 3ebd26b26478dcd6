"""The kinds of conditions, one module each; a new kind is one more class in this list. Own fields add more."""

from newsletters.audience.segments.condition import ConditionForm
from newsletters.audience.segments.kinds.first_name import FirstNameCondition
from newsletters.audience.segments.kinds.language import LanguageCondition
from newsletters.audience.segments.kinds.mail_domain import MailDomainCondition
from newsletters.audience.segments.kinds.own_field import PREFIX, own_kinds
from newsletters.audience.segments.kinds.sent import SentCondition
from newsletters.audience.segments.kinds.sleeping import SleepingCondition
from newsletters.audience.segments.kinds.source import SourceCondition
from newsletters.audience.segments.kinds.subscribed import SubscribedCondition
from newsletters.audience.segments.kinds.themes import ThemesCondition

CONDITION_KINDS: dict[str, type[ConditionForm]] = {
    kind.kind: kind
    for kind in (
        LanguageCondition,
        ThemesCondition,
        SubscribedCondition,
        SourceCondition,
        SentCondition,
        SleepingCondition,
        FirstNameCondition,
        MailDomainCondition,
    )
}


def condition_kinds() -> dict[str, type[ConditionForm]]:
    """Return all kinds by their names: those of every hub, then those of its own fields."""
    return {**CONDITION_KINDS, **own_kinds()}


def condition_kind(name: str) -> type[ConditionForm] | None:
    """Return the kind with this name, None if there is none or its own field was deleted."""
    if name.startswith(PREFIX):
        return own_kinds(key=name.removeprefix(PREFIX)).get(name)
    return CONDITION_KINDS.get(name)
