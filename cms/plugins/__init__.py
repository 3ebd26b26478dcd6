"""The plugin contract, and what is known of the plugins that are installed.

`contract` and `issue_blocks` what a `plugin.py` may declare · `issue_checks` what a check is given · `registry` the
plugins that are there · `rules` what they must keep to.
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
    SiteSection,
    StoredBlock,
    StoryCard,
    Summary,
    WebhookEvent,
    discover,
    plugin_entry_points,
)
from cms.plugins.issue_blocks import IssueBlockKind, KeptBlock, LeftOut, Notice, StorySection, ToldBlock

__all__ = [
    "CONTRACT",
    "ENTRY_POINT_GROUP",
    "BlockKind",
    "CalendarEntry",
    "ClockJob",
    "Feed",
    "FeedText",
    "IssueBlockKind",
    "KeptBlock",
    "LeftOut",
    "Notice",
    "PageFilter",
    "PageType",
    "Plugin",
    "References",
    "SiteSection",
    "StoredBlock",
    "StoryCard",
    "StorySection",
    "Summary",
    "ToldBlock",
    "WebhookEvent",
    "discover",
    "plugin_entry_points",
]
