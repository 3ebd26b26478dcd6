"""The plugin contract, and the plugins that are installed.

`contract` and `issue_blocks`: what a `plugin.py` may declare · `issue_checks`: what an issue check is given ·
`registry`: the installed plugins · `rules`: the rules that they must follow · `refusal`: why a plugin keeps the hub
from starting.
Django is not imported here, because settings call `discover()` before Django is set up.
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
    PersonalEvent,
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
    "PersonalEvent",
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
