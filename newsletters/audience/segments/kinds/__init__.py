"""The kinds of conditions, one module each; a new kind is one more class in this list."""

from newsletters.audience.segments.condition import ConditionForm
from newsletters.audience.segments.kinds.first_name import FirstNameCondition
from newsletters.audience.segments.kinds.language import LanguageCondition
from newsletters.audience.segments.kinds.mail_domain import MailDomainCondition
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
