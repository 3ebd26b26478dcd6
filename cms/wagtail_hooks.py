"""How the core changes what Wagtail serves and shows in its admin."""

from collections.abc import Mapping, Sequence

from django.conf import settings
from django.http import Http404, HttpRequest
from django.templatetags.static import static
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.translation import get_language_from_path, gettext_lazy
from wagtail import hooks
from wagtail.log_actions import LogActionRegistry
from wagtail.models import Page
from wagtail.snippets.models import register_snippet
from wagtail.snippets.views.snippets import SnippetViewSet, SnippetViewSetGroup

from cms.admin.listings import SnippetList
from cms.admin.missing_plugins import keep_branch, keep_branches
from cms.admin.plugins_report import menu_item, plugins_report
from cms.admin.theme_deletion import keep_themes_of_pages, say_how_many_pages
from cms.admin.themed_pages import ThemedPages, themed_pages_item
from cms.admin.translations import UpdateTranslations, keep_mirrors
from cms.admin.translations_report import TranslationsReport, keep_from_others
from cms.content.version import content_changed
from cms.models import CrossCuttingTheme, Theme
from cms.plugins.registry import page_types
from cms.webhooks.views import SECRET_ROTATED, SECRET_SHOWN
from cms.webhooks.viewset import WebhookViewSet


class ThemeViewSet(SnippetViewSet):
    """The themes: what pages are about and what subscribers follow."""

    model = Theme
    index_view_class = SnippetList
    icon = "tag"
    list_display = ["__str__", "slug", "colour"]
    menu_label = gettext_lazy("Themes")


class CrossCuttingThemeViewSet(SnippetViewSet):
    """The subjects that come back under every theme."""

    model = CrossCuttingTheme
    index_view_class = SnippetList
    icon = "tag"
    list_display = ["__str__", "slug"]
    menu_label = gettext_lazy("Cross-cutting themes")


class ThemeGroup(SnippetViewSetGroup):
    """Both vocabularies, in the menu."""

    items = (ThemeViewSet, CrossCuttingThemeViewSet)
    menu_label = gettext_lazy("Themes")
    menu_icon = "tag"
    menu_order = 180


register_snippet(ThemeGroup)
hooks.register("hub_before_confirmation", say_how_many_pages)
hooks.register("before_delete_snippet", keep_themes_of_pages)


@hooks.register("before_serve_page")
def serve_only_what_is_there(
    page: Page, request: HttpRequest, _args: Sequence[object], _kwargs: Mapping[str, object]
) -> None:
    """Answer 404 for an expired page that is not unpublished yet, and for a page whose plugin is missing.

    Also for a page in another language than its address says: if a language's front page is missing or a draft, Wagtail
    shows the main language's pages at its addresses.
    """
    expired = page.expire_at is not None and page.expire_at <= timezone.now()
    language = get_language_from_path(request.path_info)
    if expired or type(page) not in page_types() or (language and page.locale.language_code != language):
        raise Http404


@hooks.register("after_bulk_action")
def note_bulk_change(*_args: object) -> None:
    """Make a new version of the content: Wagtail uses `update()` to move files to another, perhaps private, collection.

    This runs in the transaction of the action.
    """
    content_changed(now=timezone.now())


hooks.register("before_bulk_action", keep_mirrors)
hooks.register("before_bulk_action", keep_branches)
hooks.register("before_delete_page", keep_branch)
hooks.register("before_copy_page", keep_branch)


@hooks.register("register_admin_urls", order=-1)
def replace_views_of_wagtail_localize() -> list[URLPattern]:
    """Replace wagtail-localize's views for updating and listing translations: this hook runs first."""
    update, report = "localize/update/<int:translation_source_id>/", "localize/reports/translations/"
    return [
        path(update, UpdateTranslations.as_view(), name="update_translations"),
        path(report, TranslationsReport.as_view(), name="translations_report"),
        path(f"{report}results/", TranslationsReport.as_view(results_only=True), name="translations_report_results"),
    ]


hooks.register("construct_reports_menu", keep_from_others)
hooks.register("register_reports_menu_item", menu_item)
hooks.register("register_reports_menu_item", themed_pages_item)


@hooks.register("register_admin_urls")
def register_plugins_report() -> list[URLPattern]:
    """Add the URL of the report on plugins."""
    return [path("reports/plugins/", plugins_report, name="hub_plugins_report")]


@hooks.register("register_admin_viewset")
def register_themed_pages() -> ThemedPages:
    """Add the report on pages by theme."""
    return ThemedPages()


@hooks.register("register_admin_viewset")
def register_webhooks() -> WebhookViewSet:
    """Add the webhooks under Settings."""
    return WebhookViewSet()


@hooks.register("insert_editor_js")
def add_scripts_of_the_editor() -> str:
    """Add scripts that name the fields of rich texts and tags, and that save edits between Wagtail's checks."""
    scripts = [(static("cms/names.js"),), (static("cms/saves.js"),)]
    return format_html_join("", '<script type="module" src="{}"></script>', scripts)


@hooks.register("insert_global_admin_css")
def fit_lists_to_a_phone() -> str:
    """Add the style that lets lists scroll, and titles wrap, on a narrow screen."""
    return format_html('<link rel="stylesheet" href="{}">', static("cms/admin.css"))


@hooks.register("register_log_actions")
def register_log_actions(actions: LogActionRegistry) -> None:
    """Name what happens to a webhook's secret in Wagtail's audit log."""
    actions.register_action(SECRET_SHOWN, gettext_lazy("Show secret"), gettext_lazy("Secret shown"))
    actions.register_action(SECRET_ROTATED, gettext_lazy("New secret"), gettext_lazy("New secret made"))


if settings.TWO_FACTOR:
    from cms.project.two_factor import two_factor_panel  # its models exist only then

    hooks.register("register_account_settings_panel", two_factor_panel)
