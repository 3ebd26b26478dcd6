"""What the core itself adds to the hub, declared as any plugin does."""

from cms.plugins import PageType, Plugin, StoryCard
from cms.schemas import (
    CmsHomeDetail,
    CmsHomeSummary,
    CmsPartnershipDetail,
    CmsPartnershipSummary,
    CmsRoleDetail,
    CmsRoleSummary,
)

plugin = Plugin(
    name="cms",
    contract=1,
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
        StoryCard(type="role", section="theme", mjml="cms/mail/page.mjml", text="cms/mail/page.txt"),
        StoryCard(type="partnership", section="theme", mjml="cms/mail/page.mjml", text="cms/mail/page.txt"),
    ),
)
