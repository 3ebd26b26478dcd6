"""System checks: the plugin contract (hub_cms.E001 to E019, W001), the core's settings (E020, W002), sites (W003)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib import import_module
from importlib.util import find_spec
from inspect import isclass
from urllib.parse import urlsplit

from django.apps import AppConfig, apps
from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Tags
from django.db import DatabaseError, connections
from wagtail.models import Site

from cms.conf import conf
from cms.plugins import discover, plugin_entry_points, rules
from cms.plugins.registry import page_types, plugins

TAG = "plugins"
LOCAL_HOSTS = ("localhost", "127.0.0.1")
LONGEST_PREVIEW_SECONDS = 3600


def register() -> None:
    """Add the checks to Django's; called once, when the app is ready."""
    checks.register(check_contract, TAG)
    checks.register(check_apps, TAG)
    checks.register(check_stored_pages, Tags.database)
    checks.register(check_sites, Tags.database)
    checks.register(check_settings)
    checks.register(check_disabled, TAG)


def check_contract(**_kwargs: object) -> list[CheckMessage]:
    """Check what the installed plugins declare, individually and together."""
    from cms.api.routes.page_query import SHARED_PARAMETERS  # noqa: PLC0415  # needs all models

    installed = plugins()
    return [
        *(message for plugin in installed for rule in rules.RULES for message in rule(plugin)),
        *rules.names_are_unique(installed),
        *rules.sections_are_there(installed),
        *rules.filters_are_clear(installed, taken=SHARED_PARAMETERS),
    ]


def check_apps(**_kwargs: object) -> list[CheckMessage]:
    """Check that each installed entry point is a plugin, with the AppConfig that it defines."""
    return [message for config in _plugin_configs() for message in _check_app(config)]


def check_stored_pages(*, databases: Sequence[str] | None = None, **_kwargs: object) -> list[CheckMessage]:
    """Warn of pages whose type no installed plugin declares: they are not shown until the plugin is installed again."""
    return [message for alias in databases or () for message in _orphans(alias)]


def check_settings(**_kwargs: object) -> list[CheckMessage]:
    """Check that previews expire within an hour: only the secrecy of their address protects them."""
    if isinstance(conf.PREVIEW_SECONDS, int) and 1 <= conf.PREVIEW_SECONDS <= LONGEST_PREVIEW_SECONDS:
        return []
    return [
        checks.Error(
            f"HUB_PREVIEW_SECONDS must be 1 to {LONGEST_PREVIEW_SECONDS}, not {conf.PREVIEW_SECONDS!r}.",
            hint="Ten minutes (600) are enough: the admin makes a new address for each change.",
            id="hub_cms.E020",
        )
    ]


def check_disabled(**_kwargs: object) -> list[CheckMessage]:
    """Warn of names in HUB_PLUGINS_DISABLED that are not installed plugins: they are probably typos."""
    installed = {entry.name for entry in plugin_entry_points()}
    return [
        checks.Warning(
            f"HUB_PLUGINS_DISABLED names “{name}”, which is not an installed plugin.",
            hint=f"The installed plugins are {', '.join(sorted(installed - {'cms'}))}.",
            id="hub_cms.W002",
        )
        for name in sorted(set(settings.HUB_PLUGINS_DISABLED) - installed)
    ]


def check_sites(*, databases: Sequence[str] | None = None, **_kwargs: object) -> list[CheckMessage]:
    """Warn of a site that still has Wagtail's default host: links in mails and in the API would not work."""
    if urlsplit(settings.PUBLIC_URL).scheme != "https":
        return []  # a local installation
    return [message for alias in databases or () for message in _local_sites(alias, public_url=settings.PUBLIC_URL)]


def _local_sites(alias: str, *, public_url: str) -> Iterator[CheckMessage]:
    table = Site._meta.db_table
    if table not in connections[alias].introspection.table_names():
        return
    for hostname in Site.objects.using(alias).filter(hostname__in=LOCAL_HOSTS).values_list("hostname", flat=True):
        yield checks.Warning(
            f"A site has the host name “{hostname}”, but this server is at {public_url}.",
            hint="Links in mails and in the API lead to the site's address: set its host name and port in the admin "
            "under Settings → Sites.",
            id="hub_cms.W003",
        )


def _plugin_configs() -> list[AppConfig]:
    names = set(discover())
    return [config for config in apps.get_app_configs() if config.name in names]


def _check_app(config: AppConfig) -> Iterator[CheckMessage]:
    name = f"{config.name}.plugin"
    yield from rules.declares_a_plugin(
        config, getattr(import_module(name), "plugin", None) if find_spec(name) else None
    )
    if find_spec(f"{config.name}.apps"):
        members = vars(import_module(f"{config.name}.apps")).values()
        yield from rules.picked_its_config(config, [m for m in members if isclass(m) and issubclass(m, AppConfig)])


def _orphans(alias: str) -> Iterator[CheckMessage]:
    from cms.models import HubPage  # noqa: PLC0415  # needs the app registry

    table = HubPage._meta.db_table
    if table not in connections[alias].introspection.table_names():
        return
    known = {page_type.model.lower() for page_type in page_types().values()}
    try:
        rows = list(
            HubPage.objects.using(alias)
            .order_by()
            .values_list("content_type__app_label", "content_type__model")
            .distinct()
        )
    except DatabaseError:
        return  # before the migrations have run
    for app_label, model in sorted(rows):
        if f"{app_label}.{model}" not in known:
            yield checks.Warning(
                f"There are pages of type {app_label}.{model}, which no installed plugin declares.",
                hint="They are not shown, and can be neither opened nor deleted. Install or enable the plugin again, "
                "or delete what it left with: manage.py plugins --purge NAME",
                id="hub_cms.W001",
            )
