"""Kinds of several parts: what the API says, what plain pages and Markdown show, and what is left out."""

from __future__ import annotations

from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from wagtail.documents.models import Document
from wagtail.embeds.blocks import EmbedValue

from cms.blocks.lists.cards import CardForm
from cms.blocks.lists.figures import FiguresForm
from cms.blocks.lists.gallery import GalleryForm
from cms.blocks.media import MediaForm
from tests.cms.test_plain_pages import soup_of
from tests.parts import element
from themes.models import ArticlePage

HOSTILE = '<p onclick="x()">Why<script>alert(1)</script><a href="javascript:alert(1)">not</a></p>'


def stored(kind: str, value: Any) -> Any:
    """Return a stored value as the kind's form takes it."""
    form = ArticlePage._meta.get_field("body").stream_block.child_blocks[kind]
    return form.to_python(value)


@pytest.fixture
def shown(client: Any, make_article: Any) -> Any:
    """Return the plain page and the Markdown of a body."""

    def show(*body: tuple[str, Any]) -> tuple[BeautifulSoup, str]:
        page = make_article(f"shown-{ArticlePage.objects.count()}", body=list(body))
        markdown = client.get(f"/api/v1/pages/{page.pk}", headers={"accept": "text/markdown"}).content.decode()
        return soup_of(client, page.url), markdown

    return show


def test_a_callout_says_how_it_is_meant(body_of: Any, shown: Any) -> None:
    value = {"kind": "warning", "title": "Mind the step", "text": HOSTILE}
    (block,) = body_of(("callout", stored("callout", value)))
    assert block == {"type": "callout", "kind": "warning", "title": "Mind the step", "html": "<p>Why<a>not</a></p>"}
    soup, markdown = shown(("callout", stored("callout", value)))
    assert element(soup, "aside.callout-warning strong").text == "Warning: Mind the step"
    assert "**Warning: Mind the step**\n\nWhynot" in markdown


def test_a_callout_of_an_unknown_kind_is_a_note_and_an_empty_one_is_left_out(body_of: Any) -> None:
    odd = stored("callout", {"kind": "shout", "title": "", "text": "<p>Hey</p>"})
    empty = stored("callout", {"kind": "tip", "title": "", "text": "<p></p>"})
    assert [block["kind"] for block in body_of(("callout", odd), ("callout", empty))] == ["note"]


def test_an_accordion_opens_without_scripts(body_of: Any, shown: Any) -> None:
    items = [{"question": "Who?", "answer": "<p>You.</p>"}, {"question": "When?", "answer": ""}]
    value = stored("accordion", {"items": items})
    (block,) = body_of(("accordion", value))
    assert block["items"] == [{"question": "Who?", "html": "<p>You.</p>"}]
    soup, markdown = shown(("accordion", value))
    assert [summary.text for summary in soup.select("details > summary")] == ["Who?"]
    assert "**Who?**\n\nYou." in markdown
    assert body_of(("accordion", stored("accordion", {"items": []}))) == []


def test_figures_are_shown_as_the_editor_wrote_them(body_of: Any, shown: Any) -> None:
    figures = [{"value": "2016–2020", "label": "years", "note": ""}, {"value": "40", "label": "projects", "note": "so"}]
    value = stored("figures", {"figures": figures})
    (block,) = body_of(("figures", value))
    assert block["figures"] == figures
    _soup, markdown = shown(("figures", value))
    assert "- **2016–2020** years\n- **40** projects so" in markdown
    with pytest.raises(ValidationError):
        FiguresForm().clean(FiguresForm().to_python({"figures": []}))


def test_a_timeline_keeps_its_order_and_shows_pictures(body_of: Any, shown: Any, make_shown_image: Any) -> None:
    picture = {"image": make_shown_image().pk, "alt": "A lab", "decorative": False}
    entries = [
        {"when": "2016", "title": "A question", "text": HOSTILE, "picture": picture},
        {"when": "2020", "title": "An answer", "text": "", "picture": {"image": None, "alt": ""}},
    ]
    value = stored("timeline", {"entries": entries})
    (block,) = body_of(("timeline", value))
    assert [(entry["when"], bool(entry["image"])) for entry in block["entries"]] == [("2016", True), ("2020", False)]
    assert block["entries"][0]["html"] == "<p>Why<a>not</a></p>"
    soup, markdown = shown(("timeline", value))
    assert element(soup, ".timeline img")["alt"] == "A lab"
    assert markdown.index("2016") < markdown.index("2020")


def test_a_gallery_shows_the_pictures_that_are_left(body_of: Any, shown: Any, make_shown_image: Any) -> None:
    first, gone = make_shown_image(description="Water"), make_shown_image()
    pictures = [
        {"image": first.pk, "alt": "", "decorative": True, "caption": "One"},
        {"image": gone.pk, "alt": "Two", "decorative": False, "caption": ""},
    ]
    value = stored("gallery", {"pictures": pictures, "caption": "All"})
    gone.delete()
    (block,) = body_of(("gallery", value))
    assert [(picture["image"]["alt"], picture["caption"]) for picture in block["pictures"]] == [("", "One")]
    soup, _markdown = shown(("gallery", value))
    assert element(soup, ".gallery figcaption").text == "All"
    first.delete()
    assert body_of(("gallery", value)) == []


def test_a_gallery_has_two_to_twelve_described_pictures(make_image: Any) -> None:
    picture = {"image": make_image().pk, "alt": "Water", "decorative": False, "caption": ""}
    for amount, is_fine in ((1, False), (2, True), (12, True), (13, False)):
        value = GalleryForm().to_python({"pictures": [picture] * amount, "caption": ""})
        if is_fine:
            GalleryForm().clean(value)
        else:
            with pytest.raises(ValidationError):
                GalleryForm().clean(value)
    with pytest.raises(ValidationError):
        GalleryForm().clean(GalleryForm().to_python({"pictures": [picture, picture | {"alt": ""}], "caption": ""}))


def test_cards_lead_to_pages_and_addresses(body_of: Any, shown: Any, person: Any) -> None:
    to_page = {"title": "Sam", "text": "", "page": person.pk, "url": "", "link_text": "Meet Sam"}
    away = {"title": "Away", "text": "Far", "page": None, "url": "https://example.org/", "link_text": "Go away"}
    lost = {"title": "Lost", "text": "", "page": 99_999, "url": "", "link_text": "Nowhere"}
    value = stored("cards", {"columns": "3", "cards": [to_page, away, lost]})
    (block,) = body_of(("cards", value))
    assert block["columns"] == 3
    hrefs = [card["link"] and card["link"]["href"] for card in block["cards"]]
    assert hrefs == ["/en/team/sam/", "https://example.org/", None]
    soup, markdown = shown(("cards", value))
    assert [link.text for link in soup.select(".columns-3 a")] == ["Meet Sam", "Go away"]
    assert "[Meet Sam](http://hub.test/en/team/sam/)" in markdown


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        ({}, set()),
        ({"url": "https://example.org/", "link_text": "There"}, set()),
        ({"url": "https://example.org/"}, {"link_text"}),
        ({"link_text": "There"}, {"page"}),
    ],
)
def test_a_cards_link_says_where_it_leads(db: None, change: dict[str, str], wrong: set[str]) -> None:
    value = CardForm().to_python({"title": "Card", "text": "", "page": None, "url": "", "link_text": ""} | change)
    try:
        CardForm().clean(value)
        found: set[str] = set()
    except ValidationError as error:
        found = set(error.block_errors)  # type: ignore[attr-defined]
    assert found == wrong


def test_a_sound_comes_with_its_words(body_of: Any, shown: Any) -> None:
    document = Document.objects.create(title="Talk", file=ContentFile(b"abc", name="talk.mp3"), file_size=3)
    file = {"medium": "audio", "title": "A talk", "document": document.pk, "embed": "", "transcript": HOSTILE}
    film = file | {"medium": "video", "document": None, "embed": "https://www.youtube.com/watch?v=1"}
    body = ("media", stored("media", file)), ("media", stored("media", film))
    sound, video = body_of(*body)
    assert (sound["medium"], sound["document"]["extension"], sound["embed"]) == ("audio", "mp3", None)
    assert (video["medium"], video["document"], video["embed"]["url"]) == ("video", None, film["embed"])
    assert sound["transcript_html"] == "<p>Why<a>not</a></p>"
    soup, markdown = shown(*body)
    assert str(element(soup, "audio")["src"]).endswith(".mp3")
    assert element(soup, "figure.media details summary").text == "Transcript"
    assert "Whynot" in markdown
    document.delete()
    assert len(body_of(*body)) == 1


def test_a_medium_is_a_file_that_browsers_play_or_an_address_and_has_a_transcript(db: None) -> None:
    files = {
        name: Document.objects.create(title=name, file=ContentFile(b"abc", name=name)) for name in ("a.mp3", "a.pdf")
    }
    plain = {"medium": "audio", "title": "A talk", "document": None, "embed": None, "transcript": "<p>Words</p>"}

    def is_fine(**change: Any) -> bool:
        form = MediaForm()
        value = form.to_python(plain | {name: each for name, each in change.items() if name != "embed"})
        value["embed"] = EmbedValue(change["embed"]) if "embed" in change else None
        form.child_blocks["embed"].clean = lambda value: value  # it would ask the provider
        try:
            form.clean(value)
        except ValidationError:
            return False
        return True

    assert is_fine(document=files["a.mp3"].pk)
    assert is_fine(embed="https://www.youtube.com/watch?v=1")
    assert not is_fine()
    assert not is_fine(document=files["a.mp3"].pk, embed="https://www.youtube.com/watch?v=1")
    assert not is_fine(document=files["a.pdf"].pk)
    assert not is_fine(document=files["a.mp3"].pk, medium="video")
    assert not is_fine(document=files["a.mp3"].pk, transcript="")
