"""The core's models: themes, the page that all others build on, and the hub's own page types."""

from cms.models.base import BodyPage, HubPage, HubPageTag
from cms.models.pages import HomePage, PartnershipPage, RolePage
from cms.models.site import SiteSettings
from cms.models.theme import Theme, ThemeName
from cms.models.webhook import WebhookDelivery, WebhookEndpoint

__all__ = [
    "BodyPage",
    "HomePage",
    "HubPage",
    "HubPageTag",
    "PartnershipPage",
    "RolePage",
    "SiteSettings",
    "Theme",
    "ThemeName",
    "WebhookDelivery",
    "WebhookEndpoint",
]
