"""The hub's own page types: home, its roles, the strategic partnerships."""

from cms.models.pages.home import HomePage
from cms.models.pages.partnership import PartnershipPage
from cms.models.pages.role import RolePage

__all__ = ["HomePage", "PartnershipPage", "RolePage"]
