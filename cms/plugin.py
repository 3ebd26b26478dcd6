"""What the core itself adds to the hub, declared like any plugin."""

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from cms.blocks.button import BUTTON
from cms.blocks.callout import CALLOUT
from cms.blocks.document import DOCUMENT
from cms.blocks.embed import EMBED
from cms.blocks.heading import HEADING
from cms.blocks.image import IMAGE
from cms.blocks.lists.accordion import ACCORDION
from cms.blocks.lists.cards import CARDS
from cms.blocks.lists.figures import FIGURES
from cms.blocks.lists.gallery import GALLERY
from cms.blocks.lists.table import TABLE
from cms.blocks.lists.timeline import TIMELINE
from cms.blocks.media import MEDIA
from cms.blocks.quote import QUOTE
from cms.blocks.related import RELATED
from cms.blocks.text import TEXT
from cms.page_schemas import (
    CmsHomeDetail,
    CmsHomeSummary,
    CmsPartnershipDetail,
    CmsPartnershipSummary,
    CmsRoleDetail,
    CmsRoleSummary,
)
from cms.plugins import PageType, Plugin, StoryCard, WebhookEvent
from cms.project.clock_jobs import CLOCK
from cms.webhooks.events import PAGE_DELETED, PAGE_MOVED, PAGE_PUBLISHED, PAGE_UNPUBLISHED

plugin = Plugin(
    name="cms",
    contract=2,
    pages=(
        PageType(model="hub_cms.HomePage", type="home", summary=CmsHomeSummary, detail=CmsHomeDetail),
        PageType(model="hub_cms.RolePage", type="role", summary=CmsRoleSummary, detail=CmsRoleDetail),
        PageType(
            model="hub_cms.PartnershipPage",
            type="partnership",
            summary=CmsPartnershipSummary,
            detail=CmsPartnershipDetail,
        ),
    ),
    story_cards=(
        StoryCard(
            type="role",
            section="theme",
            mjml="cms/mail/page.mjml",
            column="cms/mail/page_column.mjml",
            text="cms/mail/page.txt",
            link_text=lambda _page: gettext("Read about this role"),
        ),
        StoryCard(
            type="partnership",
            section="theme",
            mjml="cms/mail/page.mjml",
            column="cms/mail/page_column.mjml",
            text="cms/mail/page.txt",
            link_text=lambda _page: gettext("Read about this partnership"),
        ),
    ),
    events=(
        WebhookEvent(name=PAGE_PUBLISHED, label=_("A page is published, for the first time or again")),
        WebhookEvent(name=PAGE_UNPUBLISHED, label=_("A page is no longer public")),
        WebhookEvent(name=PAGE_MOVED, label=_("A page has another address")),
        WebhookEvent(name=PAGE_DELETED, label=_("A page is deleted")),
    ),
    clock=CLOCK,
    blocks=(
        *(HEADING, TEXT, QUOTE, CALLOUT),
        *(IMAGE, GALLERY, MEDIA, EMBED, DOCUMENT),
        *(ACCORDION, FIGURES, TIMELINE, CARDS, TABLE),
        *(BUTTON, RELATED),
    ),
)
