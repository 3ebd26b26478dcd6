"""The core's models: themes, the base page, the hub's own page types, previews, webhooks."""

from cms.models.base import BodyPage, HubPage, HubPageTag
from cms.models.body import BodyField
from cms.models.change import ContentChange
from cms.models.clock import ClockEntry
from cms.models.gone import GonePath
from cms.models.missing import MissingPage
from cms.models.pages import HomePage, PartnershipPage, RolePage
from cms.models.parts import LinkPart, PagePart, TypedPagePanel, WordsPart
from cms.models.plugin_fault import PluginFault
from cms.models.preview import Preview
from cms.models.rows import LinkRow
from cms.models.site import SiteSettings
from cms.models.theme import CrossCuttingTheme, CrossCuttingThemeName, Theme, ThemeIcon, ThemeName
from cms.models.webhook import WebhookDelivery, WebhookEndpoint

__all__ = [
    "BodyField",
    "BodyPage",
    "ClockEntry",
    "ContentChange",
    "CrossCuttingTheme",
    "CrossCuttingThemeName",
    "GonePath",
    "HomePage",
    "HubPage",
    "HubPageTag",
    "LinkPart",
    "LinkRow",
    "MissingPage",
    "PagePart",
    "PartnershipPage",
    "PluginFault",
    "Preview",
    "RolePage",
    "SiteSettings",
    "Theme",
    "ThemeIcon",
    "ThemeName",
    "TypedPagePanel",
    "WebhookDelivery",
    "WebhookEndpoint",
    "WordsPart",
]
