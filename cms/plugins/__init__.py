"""The plugin contract, and what is known of the plugins that are installed.

`contract` what a `plugin.py` may declare · `registry` the plugins that are there · `rules` what they must keep to.
No Django is imported here, because settings call `discover()` before Django is set up.
"""

from cms.plugins.contract import (
    CONTRACT,
    ENTRY_POINT_GROUP,
    BlockKind,
    CalendarEntry,
    ClockJob,
    Feed,
    FeedText,
    PageFilter,
    PageType,
    Plugin,
    References,
    Section,
    SiteSection,
    StoredBlock,
    StoryCard,
    WebhookEvent,
    discover,
    plugin_entry_points,
)

__all__ = [
    "CONTRACT",
    "ENTRY_POINT_GROUP",
    "BlockKind",
    "CalendarEntry",
    "ClockJob",
    "Feed",
    "FeedText",
    "PageFilter",
    "PageType",
    "Plugin",
    "References",
    "Section",
    "SiteSection",
    "StoredBlock",
    "StoryCard",
    "WebhookEvent",
    "discover",
    "plugin_entry_points",
]
