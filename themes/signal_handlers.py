"""What the themes app does on Wagtail's signals."""

from wagtail.models import Page
from wagtail.signals import init_new_page

from cms.models import HubPage
from themes.models import ThemePage


def start_with_parents_theme(*, page: Page, parent: Page, **_kwargs: object) -> None:
    """Give a new page under a theme page that theme, so that nobody forgets it; editors may change it."""
    if isinstance(page, HubPage) and isinstance(parent.specific, ThemePage):
        page.themes.set([parent.specific.theme])


def connect() -> None:
    """Listen to Wagtail; called once, when the app is ready."""
    init_new_page.connect(start_with_parents_theme, dispatch_uid="hub_themes.start_with_parents_theme")
