"""The translations are complete: everything marked is in its app's catalogue, translated, with its placeholders."""

from __future__ import annotations

import ast
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import polib
import pytest
from django.utils.translation.template import templatize

from cms.plugins.registry import page_types
from newsletters.exceptions import NewsletterError

ROOT = Path(__file__).resolve().parent.parent
CATALOGUES = sorted(ROOT.glob("*/locale/*/LC_MESSAGES/django.po"))
APPS = ["archive", "cms", "newsletters", "team", "themes"]

PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|\{\w*\}")
MARKED_IN_TEMPLATE = re.compile(r"""(?:\b_|\bn?gettext)\(u?(?P<text>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")""")
MARKERS = {"_"} | {
    f"{kind}gettext{suffix}" for kind in ("", "n", "p", "np") for suffix in ("", "_lazy", "_noop")
}  # the names in django.utils.translation


@pytest.fixture(params=CATALOGUES, ids=lambda path: "-".join(path.relative_to(ROOT).parts[:3:2]))
def catalogue(request: pytest.FixtureRequest) -> polib.POFile:
    return polib.pofile(str(request.param))


def test_each_app_is_in_dutch() -> None:
    assert {path.relative_to(ROOT).parts[0] for path in CATALOGUES if "nl" in path.parts} == set(APPS)


def test_each_entry_is_translated(catalogue: polib.POFile) -> None:
    assert not [entry.msgid for entry in catalogue if not entry.translated() or entry.fuzzy or entry.obsolete]


def test_no_entry_stands_there_twice(catalogue: polib.POFile) -> None:
    """Not all tools accept such a catalogue."""
    assert not [key for key, times in Counter((entry.msgctxt, entry.msgid) for entry in catalogue).items() if times > 1]


def test_placeholders_are_kept(catalogue: polib.POFile) -> None:
    pairs = [pair for entry in catalogue for pair in _pairs(entry)]

    assert not [(source, text) for source, text in pairs if _placeholders(source) != _placeholders(text)]


def test_white_space_at_the_ends_is_kept(catalogue: polib.POFile) -> None:
    pairs = [pair for entry in catalogue for pair in _pairs(entry)]

    assert not [(source, text) for source, text in pairs if _ends(source) != _ends(text)]


def test_header_names_the_language_and_no_person(catalogue: polib.POFile) -> None:
    assert catalogue.metadata["Project-Id-Version"] == "innovation-hub"
    assert f"/{catalogue.metadata['Language']}/" in Path(catalogue.fpath).as_posix()
    assert "Last-Translator" not in catalogue.metadata


@pytest.mark.parametrize("app", APPS)
def test_catalogue_holds_what_is_marked_and_nothing_else(app: str) -> None:
    marked = {*_marked_in_python(app), *_marked_in_templates(app)}
    if app == "newsletters":
        marked |= _error_messages()

    for path in (path for path in CATALOGUES if path.relative_to(ROOT).parts[0] == app):
        known = {entry.msgid for entry in polib.pofile(str(path))}
        assert not marked - known, f"{path} misses these: run makemessages and translate them"
        assert not known - marked, f"{path} has these, which nothing uses"


def test_each_error_of_the_newsletter_is_translated() -> None:
    """Their docstrings are translated at run time, so makemessages drops them: add them by hand."""
    for path in (path for path in CATALOGUES if path.relative_to(ROOT).parts[0] == "newsletters"):
        assert not _error_messages() - {entry.msgid for entry in polib.pofile(str(path)).translated_entries()}


def test_apps_agree_on_a_translation() -> None:
    """Django merges all catalogues: of two translations, one would be shown everywhere."""
    found = defaultdict(set)
    for path in CATALOGUES:
        for entry in polib.pofile(str(path)):
            found[path.parts[-3], entry.msgctxt, entry.msgid].add(entry.msgstr or entry.msgstr_plural[0])

    assert not {msgid: texts for msgid, texts in found.items() if len(texts) > 1}


def test_each_type_of_page_has_a_plural_of_its_own() -> None:
    """Django's own plural is the singular with an s: no Dutch word has that plural here, and feeds show it."""
    options = {model: model._meta for model in page_types()}
    assert not [model for model, meta in options.items() if "verbose_name_plural" not in meta.original_attrs]


def _pairs(entry: polib.POEntry) -> list[tuple[str, str]]:
    """Return source and translation, or for a plural each of its forms."""
    if not entry.msgid_plural:
        return [(entry.msgid, entry.msgstr)]
    return [(entry.msgid_plural if form else entry.msgid, text) for form, text in entry.msgstr_plural.items()]


def _placeholders(text: str) -> list[str]:
    return sorted(PLACEHOLDER.findall(text))


def _ends(text: str) -> tuple[bool, bool]:
    return text[:1].isspace(), text[-1:].isspace()


def _error_messages() -> set[str]:
    def family(error: type[Exception]) -> Iterator[type[Exception]]:
        yield error
        for child in error.__subclasses__():
            yield from family(child)

    return {error.__doc__ or "" for error in family(NewsletterError) if error.__module__ == NewsletterError.__module__}


def _marked_in_python(app: str) -> Iterator[str]:
    for path in (ROOT / app).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MARKERS:
                text = node.args["pgettext" in node.func.id]  # the context stands first
                if isinstance(text, ast.Constant) and isinstance(text.value, str):
                    yield text.value


def _marked_in_templates(app: str) -> Iterator[str]:
    for path in (ROOT / app / "templates").rglob("*.*"):
        source = templatize(path.read_text(), origin=str(path))
        yield from (ast.literal_eval(match["text"]) for match in MARKED_IN_TEMPLATE.finditer(source))


def test_no_sentence_ends_with_a_time_that_ends_with_a_full_stop() -> None:
    """English writes "3:01 p.m.", so a full stop after it would be the second one."""
    spelt = re.compile(
        r'with (?P<name>\w+)=[\w.]+(?:_at|_until)(?:\|date:"DATETIME_FORMAT")?(?: trimmed)? %\}(?P<words>.*?)\{% end',
        re.DOTALL,
    )
    for template in (template for app in APPS for template in (ROOT / app).rglob("*.html")):
        for found in spelt.finditer(template.read_text()):
            assert f"{{{{ {found['name']} }}}}." not in found["words"], template
