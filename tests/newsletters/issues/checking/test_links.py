"""Every link that the editor's dialog offers works in the mail, or is an error that names its place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.core.files.base import ContentFile
from django.utils import translation
from wagtail.documents.models import Document
from wagtail.models import Collection, CollectionViewRestriction, PageViewRestriction, Site

from cms.plugins.issue_checks import Finding, Place
from newsletters.exceptions import ChecksFailed
from newsletters.issues.checking import require_sound, run_checks
from newsletters.issues.checking.links.targets import check_link_targets
from tests.newsletters.building import Hub
from tests.newsletters.issues.checking.values import with_html


@pytest.fixture
def document(db: None) -> Document:
    return Document.objects.create(title="Report", file=ContentFile(b"words", name="report.pdf"))


def link_in(hub: Hub, attributes: str, *, part: str = "block", words: str = "the place") -> BeautifulSoup:
    """Put a link into a text block or the intro of the English mail; return the mail."""
    html = f"<p>Go to <a {attributes}>{words}</a>.</p>"
    if part == "intro":
        hub.edit(stories=[hub.story("open-data")], words={"en": {"intro": html}})
    else:
        rows = [{"language": "en", "text": html}]
        hub.edit(stories=[hub.story("open-data"), ("text", {"texts": rows})], words={"en": {"intro": ""}})
    return BeautifulSoup(hub.compile().editions[hub.locales["en"]].html, "html.parser")


def errors(hub: Hub) -> list[Finding]:
    found = run_checks(hub.draft(), compiled=hub.compile(), now=hub.now)
    return [one for one in found if one.level == "error"]


def place_in(hub: Hub, part: str) -> Place:
    return Place(part="intro") if part == "intro" else Place(block_id=str(hub.draft().body[1].id))


def where_to(mail: BeautifulSoup) -> str | None:
    link = mail.find("a", string="the place")
    return str(link["href"]) if link else None


@pytest.mark.parametrize(
    ("href", "leads_to"),
    [
        ("tel:+31700000000", "tel:+31700000000"),
        ("mailto:ann@example.org?subject=Hi%20there", "mailto:ann@example.org?subject=Hi%20there"),
        ("https://example.org/a?b=1&amp;c=2#d", "https://example.org/a?b=1&c=2#d"),
        ("https://münchen.example/straße", "https://xn--mnchen-3ya.example/stra%C3%9Fe"),
        ("https://ann:b@faß.example:8443/", "https://ann:b@xn--fa-hia.example:8443/"),
        ("mailto:ann@bücher.example", "mailto:ann@xn--bcher-kva.example"),
        ("/en/themes/", "http://hub.test/en/themes/"),
    ],
)
def test_links_that_work_in_a_mail_stay(hub: Hub, href: str, leads_to: str) -> None:
    mail = link_in(hub, f'href="{href}"')
    assert where_to(mail) == leads_to
    assert not [one for one in errors(hub) if one.code in {"link-lost", "link-anchor", "link-broken", "link-scheme"}]


@pytest.mark.parametrize("part", ["block", "intro"])
@pytest.mark.parametrize("href", ["#below", "#", "?page=2"])
def test_a_place_within_a_page_is_an_error_and_its_words_stay(hub: Hub, part: str, href: str) -> None:
    mail = link_in(hub, f'href="{href}"', part=part)
    assert where_to(mail) is None
    assert "Go to the place." in mail.get_text()
    assert not [link for link in mail.find_all("a") if href in str(link.get("href"))]
    (one,) = errors(hub)
    assert (one.code, one.place, one.language) == ("link-anchor", place_in(hub, part), "en")
    assert "“the place” leads to “" + href in one.message
    with pytest.raises(ChecksFailed, match="the place"):
        require_sound(hub.draft(), compiled=hub.compile(), now=hub.now)


@pytest.mark.parametrize("part", ["block", "intro"])
def test_a_link_to_a_deleted_page_is_an_error(hub: Hub, part: str) -> None:
    page = hub.articles["town-meeting"]["en"]
    attributes = f'linktype="page" id="{page.pk}"'
    assert where_to(link_in(hub, attributes, part=part)) == page.full_url
    assert errors(hub) == []
    page.delete()
    mail = link_in(hub, attributes, part=part)
    assert where_to(mail) is None
    assert "Go to the place." in mail.get_text()
    (one,) = errors(hub)
    assert (one.code, one.place) == ("link-lost", place_in(hub, part))
    with translation.override("nl"):
        assert "leidt nergens heen" in errors(hub)[0].message


def unpublish(page: Any) -> None:
    page.unpublish()


def restrict(page: Any) -> None:
    PageViewRestriction.objects.create(page=page, restriction_type="login")


@pytest.mark.parametrize("hide", [unpublish, restrict])
def test_a_link_to_a_page_that_readers_cannot_see_is_an_error(hub: Hub, hide: Callable[[Any], None]) -> None:
    page = hub.articles["town-meeting"]["en"]
    hide(page)
    link_in(hub, f'linktype="page" id="{page.pk}"')
    assert [(one.code, one.place) for one in errors(hub)] == [("link-private", place_in(hub, "block"))]


def test_a_page_that_no_site_shows_is_an_error(hub: Hub) -> None:
    page = hub.articles["town-meeting"]["en"]
    page.url_path = "/elsewhere/town-meeting/"
    page.save(clean=False)
    type(page).objects.filter(pk=page.pk).update(url_path="/elsewhere/town-meeting/", path="00019999")
    Site.clear_site_root_paths_cache()
    link_in(hub, f'linktype="page" id="{page.pk}"')
    assert [one.code for one in errors(hub)] == ["link-lost"]


def test_a_link_follows_the_language_of_the_mail(hub: Hub) -> None:
    page = hub.articles["town-meeting"]
    row = {"text": f'<p><a linktype="page" id="{page["en"].pk}">the place</a></p>'}
    hub.edit(stories=[hub.story("open-data"), ("text", {"texts": [row | {"language": code} for code in ("en", "nl")]})])
    for code, locale in hub.locales.items():
        mail = BeautifulSoup(hub.compile().editions[locale].html, "html.parser")
        assert where_to(mail) == page[code].full_url


def test_a_document_works_while_everyone_may_read_it(hub: Hub, document: Document) -> None:
    attributes = f'linktype="document" id="{document.pk}"'
    mail = link_in(hub, attributes)
    assert where_to(mail) == f"http://hub.test{document.url}"
    assert errors(hub) == []
    closed = Collection.get_first_root_node().add_child(name="Staff")
    CollectionViewRestriction.objects.create(collection=closed, restriction_type="login")
    document.collection = closed
    document.save()
    assert [one.code for one in errors(hub)] == ["link-private"]
    typed = f"http://hub.test{document.url}"
    document.delete()
    link_in(hub, attributes)
    assert [one.code for one in errors(hub)] == ["link-lost"]
    link_in(hub, f'href="{typed}"')
    assert [one.code for one in errors(hub)] == ["link-dead"]
    link_in(hub, f'href="http://hub.test/documents/{"9" * 30}/x.pdf"')
    assert [one.code for one in errors(hub)] == ["link-dead"]


@pytest.mark.parametrize("href", ["javascript:alert(1)", "ftp://example.org/x", "", "data:text/html,x"])
def test_what_mail_programs_do_not_open_is_an_error(hub: Hub, href: str) -> None:
    mail = link_in(hub, f'href="{href}"')
    assert where_to(mail) is None
    assert [(one.code, one.place) for one in errors(hub)] == [("link-lost", place_in(hub, "block"))]


def test_our_own_host_is_known_in_letters_and_in_ascii(hub: Hub) -> None:
    Site.objects.update(hostname="bücher.example", port=443)
    Site.clear_site_root_paths_cache()
    page = hub.articles["town-meeting"]["en"]
    page.unpublish()
    mail = link_in(hub, f'href="https://bücher.example{page.url}"')
    assert where_to(mail) == f"https://xn--bcher-kva.example{page.url}"
    assert [one.code for one in errors(hub)] == ["link-private"]


def test_an_anchor_of_a_storys_card_without_an_address_is_an_error() -> None:
    (one,) = check_link_targets(with_html('<p><a style="color:red">Book a place</a> <a name="x"></a></p>'))
    assert (one.code, one.level) == ("link-lost", "error")
    assert "Book a place" in one.message
