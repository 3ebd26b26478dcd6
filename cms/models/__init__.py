"""The core's models: themes, the base page, the hub's own page types, previews, webhooks."""

from cms.models.base import BodyPage, HubPage, HubPageTag
from cms.models.body import BodyField
from cms.models.change import ContentChange
from cms.models.clock import ClockEntry
from cms.models.gone import GonePath
from cms.models.missing import MissingPage
from cms.models.pages import HomePage, PartnershipPage, RolePage
from cms.models.plugin_fault import PluginFault
from cms.models.preview import Preview
from cms.models.rows import LinkRow
from cms.models.site import SiteSettings
from cms.models.theme import Theme, ThemeName
from cms.models.webhook import WebhookDelivery, WebhookEndpoint

__all__ = [
    "BodyField",
    "BodyPage",
    "ClockEntry",
    "ContentChange",
    "GonePath",
    "HomePage",
    "HubPage",
    "HubPageTag",
    "LinkRow",
    "MissingPage",
    "PartnershipPage",
    "PluginFault",
    "Preview",
    "RolePage",
    "SiteSettings",
    "Theme",
    "ThemeName",
    "WebhookDelivery",
    "WebhookEndpoint",
]
