"""The newsletter's models, from the publication to one person's copy; each module imports only downwards."""

from newsletters.models.allowance import Allowance, SendingCount
from newsletters.models.audience.api_key import ApiKey
from newsletters.models.audience.bulk_change import BulkChange, BulkPiece
from newsletters.models.audience.consent import ConsentEvent, ConsentSource, SignUp, SignUpAttempt
from newsletters.models.audience.notes import PersonNote
from newsletters.models.audience.own_field import (
    OwnField,
    OwnFieldChoice,
    OwnFieldChoiceText,
    OwnFieldText,
    OwnValue,
)
from newsletters.models.audience.reader_import import ImportedRow, ImportPiece, ReaderImport
from newsletters.models.audience.recipients import ALL_READERS, Condition, FrozenSegment, Recipients
from newsletters.models.audience.segment import Segment
from newsletters.models.audience.subscriber import Subscriber, Subscription, ThemeSet
from newsletters.models.audience.suppression import Suppression
from newsletters.models.delivery import Delivery
from newsletters.models.dispatch import Dispatch, Turn
from newsletters.models.edition import Approval, Edition, IssueEditor
from newsletters.models.issue import IssuePage, IssueText, NewsletterPage
from newsletters.models.issue_field import IssueField
from newsletters.models.link_check import LinkCheck
from newsletters.models.newsletter import Newsletter, NewsletterText
from newsletters.models.schedule import Schedule
from newsletters.models.workflow import IssueApprovalTask

__all__ = [
    "ALL_READERS",
    "Allowance",
    "ApiKey",
    "Approval",
    "BulkChange",
    "BulkPiece",
    "Condition",
    "ConsentEvent",
    "ConsentSource",
    "Delivery",
    "Dispatch",
    "Edition",
    "FrozenSegment",
    "ImportPiece",
    "ImportedRow",
    "IssueApprovalTask",
    "IssueEditor",
    "IssueField",
    "IssuePage",
    "IssueText",
    "LinkCheck",
    "Newsletter",
    "NewsletterPage",
    "NewsletterText",
    "OwnField",
    "OwnFieldChoice",
    "OwnFieldChoiceText",
    "OwnFieldText",
    "OwnValue",
    "PersonNote",
    "ReaderImport",
    "Recipients",
    "Schedule",
    "Segment",
    "SendingCount",
    "SignUp",
    "SignUpAttempt",
    "Subscriber",
    "Subscription",
    "Suppression",
    "ThemeSet",
    "Turn",
]
