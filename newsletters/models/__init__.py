"""The newsletter's models, from the publication to one person's copy; each module imports only downwards."""

from newsletters.models.delivery import Delivery, Dispatch
from newsletters.models.edition import Approval, Edition
from newsletters.models.issue import IssuePage, IssueText, NewsletterPage
from newsletters.models.newsletter import Newsletter, NewsletterText
from newsletters.models.subscriber import ConsentEvent, Subscriber, Subscription, ThemeSet

__all__ = [
    "Approval",
    "ConsentEvent",
    "Delivery",
    "Dispatch",
    "Edition",
    "IssuePage",
    "IssueText",
    "Newsletter",
    "NewsletterPage",
    "NewsletterText",
    "Subscriber",
    "Subscription",
    "ThemeSet",
]
