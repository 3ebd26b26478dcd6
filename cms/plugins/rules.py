"""The rules of the plugin contract, for the system checks and the conformance test."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Literal, get_args, get_origin

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error
from django.db.models import DateTimeField, ForeignKey
from django.template import TemplateDoesNotExist, TemplateSyntaxError
from django.template.loader import get_template
from pydantic import BaseModel

from cms.plugins import CONTRACT, BlockKind, IssueBlockKind, PageType, PersonalEvent, Plugin
from cms.plugins.registry import find_model, package_of

# First parts of addresses under /api/v1/ that the core answers or keeps for itself.
RESERVED = frozenset({"docs", "feed", "openapi.json", "pages", "preview", "resolve", "site", "sitemap"})
# What stands in for a block whose plugin is not installed.
RESERVED_BLOCKS = frozenset({"missing", "signature"})


def contract_matches(plugin: Plugin) -> Iterator[CheckMessage]:
    if not _is_range(plugin.contracts):
        yield _error(
            1,
            f"Plugin “{plugin.name}” names its contract as {plugin.contract!r}, which is not a number or a range.",
            f"Write contract={CONTRACT}, or contract=(1, {CONTRACT}) for the lowest and the highest.",
            plugin,
        )
        return
    lowest, highest = plugin.contracts
    if not lowest <= CONTRACT <= highest:
        made_for = str(lowest) if lowest == highest else f"{lowest} to {highest}"
        yield _error(
            1,
            f"Plugin “{plugin.name}” is made for contract {made_for}; this hub has {CONTRACT}.",
            f"Install a version of {plugin.distribution} that is made for this hub.",
            plugin,
        )


def _is_range(contracts: object) -> bool:
    if not isinstance(contracts, tuple | list) or not all(type(number) is int for number in contracts):
        return False
    return len(contracts) == 2 and contracts[0] <= contracts[1]


def names_are_free(plugin: Plugin) -> Iterator[CheckMessage]:
    if plugin.name in RESERVED or not plugin.name.replace("_", "").replace("-", "").isalnum():
        yield _error(
            2,
            f"“{plugin.name}” cannot be a plugin's name: its routes would stand at /api/v1/{plugin.name}/.",
            f"Use letters, digits and hyphens, and none of {', '.join(sorted(RESERVED))}.",
            plugin,
        )


def models_are_there(plugin: Plugin) -> Iterator[CheckMessage]:
    hub_page: Any = find_model("hub_cms.HubPage")
    for page_type in plugin.pages:
        model = find_model(page_type.model)
        if model is None or not issubclass(model, hub_page):
            what = "is not installed" if model is None else "is no HubPage"
            yield _error(
                3,
                f"“{plugin.name}” has the type “{page_type.type}” for {page_type.model}, which {what}.",
                "Write the model as app label and class name, and let it build on cms.models.HubPage.",
                plugin,
            )


def schemas_are_named(plugin: Plugin) -> Iterator[CheckMessage]:
    prefix = plugin.name.replace("_", "").replace("-", "")
    for schema in sorted(_schemas(plugin), key=lambda each: each.__qualname__):
        if not schema.__name__.lower().startswith(prefix.lower()):
            yield _error(
                4,
                f"The schema {schema.__module__}.{schema.__qualname__} is not named after its plugin, “{plugin.name}”.",
                f"Call it {prefix.title()}{schema.__name__}: two of one name would become one.",
                plugin,
            )


def schemas_name_their_type(plugin: Plugin) -> Iterator[CheckMessage]:
    for page_type in plugin.pages:
        for schema in (page_type.summary, page_type.detail):
            if not _names_its_type(schema, page_type.type):
                yield _error(
                    5,
                    f"The schema {schema.__name__} does not say that its type is “{page_type.type}”.",
                    f'Add the field type: Literal["{page_type.type}"]; readers tell the schemas apart by it.',
                    plugin,
                )


def blocks_can_be_told_apart(plugin: Plugin) -> Iterator[CheckMessage]:
    for kind in _block_kinds(plugin):
        if not _names_its_type(kind.schema, kind.name):
            yield _error(
                14,
                f"The schema {kind.schema.__name__} does not say that its type is “{kind.name}”.",
                f'Add the field type: Literal["{kind.name}"]; readers tell the blocks of a body apart by it.',
                plugin,
            )
        if kind.name in RESERVED_BLOCKS or not re.fullmatch(r"[a-z][a-z0-9_]*", kind.name):
            yield _error(
                15,
                f"“{kind.name}” cannot be a kind of block: it is not a word in small letters, or the hub's own.",
                f"Choose another name; the hub keeps {', '.join(sorted(RESERVED_BLOCKS))} for itself.",
                plugin,
            )


def blocks_can_be_shown(plugin: Plugin) -> Iterator[CheckMessage]:
    for kind in plugin.blocks:
        yield from _missing_templates(16, [kind.template], f"kind of block “{kind.name}”", plugin)
    for issue_kind in plugin.issue_blocks:
        needed = _issue_block_templates(issue_kind)
        yield from _missing_templates(16, needed, f"kind of block “{issue_kind.name}” of issues", plugin)


def _issue_block_templates(kind: IssueBlockKind) -> list[str]:
    named = [template for template in (kind.template, kind.mjml, kind.text) if template]
    if kind.template or (kind.tells_page and not named):  # without any, the page's story card shows it
        return named
    return [kind.mjml, kind.text]


def cards_can_be_shown(plugin: Plugin) -> Iterator[CheckMessage]:
    for card in plugin.story_cards:
        templates = [card.mjml, card.text, *filter(None, [card.column])]
        yield from _missing_templates(17, templates, f"story card for “{card.type}”", plugin)


def _missing_templates(number: int, templates: Iterable[str], of: str, plugin: Plugin) -> Iterator[CheckMessage]:
    for template in templates:
        if not _is_there(template):
            yield _error(
                number,
                f"The template {template or 'without a name'} of the {of} is not there.",
                "Put it among the plugin's templates: pages, feeds, Markdown and mails are made with it.",
                plugin,
            )


def cards_fit_types(plugin: Plugin) -> Iterator[CheckMessage]:
    types = {page_type.type for page_type in plugin.pages}
    for card in plugin.story_cards:
        if card.type not in types:
            yield _error(
                6,
                f"Plugin “{plugin.name}” has a card for “{card.type}”, which is none of its types.",
                f"Its page types are: {', '.join(sorted(types)) or 'none'}.",
                plugin,
            )


def calendars_name_fields(plugin: Plugin) -> Iterator[CheckMessage]:
    for page_type in plugin.pages:
        model, calendar = find_model(page_type.model), page_type.calendar
        if model is None or calendar is None:
            continue
        times = {field.name for field in model._meta.get_fields() if isinstance(field, DateTimeField)}
        for name in (calendar.starts_at, calendar.ends_at):
            if name not in times:
                yield _error(
                    11,
                    f"The calendar entry of the type “{page_type.type}” names “{name}”, which is no time of its pages.",
                    f"Name a DateTimeField of {page_type.model}.",
                    plugin,
                )


def related_are_foreign_keys(plugin: Plugin) -> Iterator[CheckMessage]:
    for page_type in plugin.pages:
        if (model := find_model(page_type.model)) is None:
            continue
        keys = {field.name for field in model._meta.get_fields() if isinstance(field, ForeignKey)}
        for name in page_type.related:
            if name not in keys:
                yield _error(
                    12,
                    f"The type “{page_type.type}” names “{name}” as related, which is no foreign key of its pages.",
                    f"Name a ForeignKey or OneToOneField of {page_type.model}.",
                    plugin,
                )


def issue_checks_can_run(plugin: Plugin) -> Iterator[CheckMessage]:
    for check in plugin.issue_checks:
        if not re.fullmatch(r"[a-z][a-z0-9-]*", check.name) or not callable(check.run):
            yield _error(
                13,
                f"“{plugin.name}” has the issue check “{check.name}”, which has no stable name or cannot be called.",
                'Name it in small letters and hyphens ("alt-texts"), and give a function as `run`.',
                plugin,
            )


def events_can_be_described(plugin: Plugin) -> Iterator[CheckMessage]:
    for event in plugin.events:
        if not re.fullmatch(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+", event.name):
            yield _error(
                19,
                f"“{event.name}” cannot be the name of a webhook event of plugin “{plugin.name}”.",
                'Write lower-case words with dots between them, like "page.published".',
                plugin,
            )
        if isinstance(event, PersonalEvent) and not re.fullmatch(r"\w+\.\w+", event.permission):
            yield _error(
                19,
                f"The webhook event “{event.name}” of plugin “{plugin.name}” is about persons, but needs no right.",
                'Name the right that staff need to choose it, like "hub_newsletters.view_subscription".',
                plugin,
            )


RULES: tuple[Callable[[Plugin], Iterator[CheckMessage]], ...] = (
    contract_matches,
    names_are_free,
    models_are_there,
    schemas_are_named,
    schemas_name_their_type,
    blocks_can_be_told_apart,
    blocks_can_be_shown,
    cards_can_be_shown,
    cards_fit_types,
    calendars_name_fields,
    related_are_foreign_keys,
    issue_checks_can_run,
    events_can_be_described,
)


def names_are_unique(plugins: Iterable[Plugin]) -> Iterator[CheckMessage]:
    """Plugins (and so their routes), types, models, site sections and cards are each declared once."""
    declared: defaultdict[tuple[str, str], list[Plugin]] = defaultdict(list)
    for plugin in plugins:
        for kind, names in _names(plugin).items():
            for name in names:
                declared[kind, name].append(plugin)
    for (kind, name), owners in declared.items():
        if len(owners) > 1:
            by = dict.fromkeys(package_of(owner) if kind == "plugin" else owner.name for owner in owners)
            yield _error(
                7,
                f"The {kind} “{name}” is declared more than once, by {', '.join(by)}.",
                "Rename or remove one, or leave a plugin out by HUB_PLUGINS_DISABLED.",
                None,
            )


def _names(plugin: Plugin) -> dict[str, list[str]]:
    """Return what may be declared once only."""
    return {
        "plugin": [plugin.name],
        "page type": [each.type for each in plugin.pages],
        "page model": [each.model.lower() for each in plugin.pages],
        "site section": [each.name for each in plugin.settings],
        "story card": [each.type for each in plugin.story_cards],
        "issue check": [each.name for each in plugin.issue_checks],
        "webhook event": [each.name for each in plugin.events],
        "kind of block": [each.name for each in plugin.blocks],
        "kind of block of issues": [each.name for each in plugin.issue_blocks],
        "story section": [each.name for each in plugin.story_sections],
        "clock job": [each.name for each in plugin.clock],
    }


def sections_are_there(plugins: Iterable[Plugin]) -> Iterator[CheckMessage]:
    """Cards and kinds of block stand in sections that some plugin declares, if there is a newsletter at all."""
    every = tuple(plugins)
    sections = [section.name for plugin in every for section in plugin.story_sections]
    for plugin in every if sections else ():
        named = {card.section for card in plugin.story_cards} | {kind.section for kind in plugin.issue_blocks}
        for name in sorted(named - {"", *sections}):
            yield _error(
                18,
                f"Plugin “{plugin.name}” names the section “{name}”, which nobody declares.",
                f"There are {', '.join(sections)}; a plugin may bring more as `story_sections`.",
                plugin,
            )


def filters_are_clear(plugins: Iterable[Plugin], *, taken: Iterable[str]) -> Iterator[CheckMessage]:
    """A filter's name is none of the core's (`taken`), and takes the same kind of value for all types."""
    core, seen = set(taken), dict[str, tuple[object, str]]()
    for plugin, page_type in ((owner, page_type) for owner in plugins for page_type in owner.pages):
        for each in page_type.filters:
            annotation, first = seen.setdefault(each.name, (each.annotation, plugin.name))
            if each.name in core or annotation != each.annotation:
                yield _error(
                    8,
                    f"The filter “{each.name}” of the type “{page_type.type}” of plugin “{plugin.name}” has another "
                    f"meaning already, in {'the hub itself' if each.name in core else f'plugin “{first}”'}.",
                    f"Give it a name of its own, or leave the plugin out by HUB_PLUGINS_DISABLED={plugin.name}.",
                    plugin,
                )


def declares_a_plugin(config: AppConfig, declared: object) -> Iterator[CheckMessage]:
    """An app named as an entry point has a `plugin.py` with a `plugin` in it."""
    if not isinstance(declared, Plugin):
        yield _error(
            9,
            f"The app {config.name} is installed as a plugin, but {config.name}.plugin names no `plugin`.",
            f'Write plugin = Plugin(name="{config.name}", contract={CONTRACT}) in {config.name}/plugin.py.',
            config,
        )


def picked_its_config(config: AppConfig, candidates: Iterable[type]) -> Iterator[CheckMessage]:
    """Django took the AppConfig that the plugin's `apps.py` defines; with two candidates it takes neither."""
    own = [each for each in candidates if each.__module__ == f"{config.name}.apps"]
    if own and type(config) not in own:
        yield _error(
            10,
            f"Django did not pick {own[0].__qualname__} from {config.name}/apps.py: the app has no label, "
            "no ready() of its own.",
            f"Set default = True on {own[0].__qualname__}; a module with two AppConfig classes is ambiguous, "
            "also when one is only imported.",
            config,
        )


def _block_kinds(plugin: Plugin) -> list[BlockKind | IssueBlockKind]:
    return [*plugin.blocks, *plugin.issue_blocks]


def _is_there(template: str) -> bool:
    try:
        return bool(template and get_template(template))
    except (TemplateDoesNotExist, TemplateSyntaxError):
        return False


def _names_its_type(schema: Any, word: str) -> bool:  # noqa: ANN401 - `Summary` does not say that it is a model
    field = schema.model_fields.get("type")
    return field is not None and get_origin(field.annotation) is Literal and get_args(field.annotation) == (word,)


def _schemas(plugin: Plugin) -> set[type[BaseModel]]:
    """Return the schemas that the plugin shows, without those of the API's shared vocabulary."""
    found: set[type[BaseModel]] = set()
    for page_type in plugin.pages:
        for schema in (page_type.summary, page_type.detail):
            _collect(schema, found)
    for kind in _block_kinds(plugin):
        _collect(kind.schema, found)
    for event in plugin.events:
        if isinstance(event, PersonalEvent):
            _collect(event.data, found)
    if plugin.router is not None:
        for view in plugin.router.path_operations.values():
            for operation in view.operations:
                for model in [*operation.response_models.values(), *operation.models]:
                    _collect(model, found)
    return {each for each in found if not each.__module__.startswith(("abc", "cms.api.", "cms.blocks.", "ninja."))}


def _collect(annotation: object, found: set[type[BaseModel]]) -> None:
    """Add the Pydantic models that `annotation` names, at any depth, to `found`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        if annotation in found:
            return
        found.add(annotation)
        for field in annotation.model_fields.values():
            _collect(field.annotation, found)
    for argument in get_args(annotation):
        _collect(argument, found)


def _error(number: int, message: str, hint: str, subject: Plugin | PageType | AppConfig | None) -> CheckMessage:
    return Error(message, hint=hint, obj=getattr(subject, "name", None), id=f"hub_cms.E{number:03}")
