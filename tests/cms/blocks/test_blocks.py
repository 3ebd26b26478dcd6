"""Bodies: each block typed, rich text clean, links to where the reader's language is."""

from __future__ import annotations

from typing import Any

from django.core.files.base import ContentFile
from django.utils import timezone
from wagtail.documents.models import Document

from cms.api.build import build_detail
from cms.blocks.related import RelatedBlock
from cms.blocks.text import TextBlock


def test_each_block_has_its_shape(body_of: Any, make_shown_image: Any, person: Any) -> None:
    document = Document.objects.create(title="Report", file=ContentFile(b"abc", name="report.pdf"), file_size=3)
    blocks = body_of(
        ("heading", {"text": "Why", "level": "2"}),
        ("quote", {"text": "So.", "attribution": "Somebody"}),
        ("button", {"label": "Away", "page": None, "url": "https://example.org/"}),
        ("button", {"label": "Sam", "page": person, "url": ""}),
        ("document", {"document": document, "label": ""}),
        ("image", {"image": make_shown_image(), "alt": "A shape", "caption": "Yellow"}),
        ("related", [person]),
    )
    assert blocks[0] == {"type": "heading", "text": "Why", "level": 2}
    assert blocks[1] == {"type": "quote", "text": "So.", "attribution": "Somebody"}
    assert blocks[2]["link"] == {"href": "https://example.org/", "page": None}
    assert blocks[3]["link"]["href"] == blocks[3]["link"]["page"]["path"] == "/en/team/sam/"
    assert (blocks[4]["label"], blocks[4]["document"]["size"]) == ("Report", 3)
    assert (blocks[5]["image"]["alt"], blocks[5]["caption"]) == ("A shape", "Yellow")
    assert [(page["title"], page["type"]) for page in blocks[6]["pages"]] == [("Sam", "person")]


def test_text_without_anything_to_see_is_left_out(body_of: Any) -> None:
    (rule,) = body_of(("text", "<p> </p><p>&nbsp;</p>"), ("text", "<p></p><hr/>"))
    assert "<hr" in rule["html"]


def test_rich_text_resolves_links_and_drops_what_is_not_allowed(body_of: Any, person: Any) -> None:
    document = Document.objects.create(title="Report", file=ContentFile(b"abc", name="report.pdf"))
    (block,) = body_of(
        (
            "text",
            (
                f'<p data-block-key="a1">See <a linktype="page" id="{person.pk}">Sam</a>, '
                f'<a linktype="document" id="{document.pk}">it</a>, <a linktype="page" id="99999">lost</a>, '
                '<a linktype="page" id="x">odd</a>, <a linktype="strange" id="1">strange</a>, '
                '<a href="https://example.org/?a=1&amp;b=2">away</a>, <a href="javascript:alert(1)">bad</a>'
                '<script>alert(1)</script><img src="x" onerror="alert(1)"></p>'
            ),
        )
    )
    assert block["html"] == (
        '<p>See <a href="/en/team/sam/">Sam</a>, '
        f'<a href="http://hub.test/documents/{document.pk}/report.pdf">it</a>, <a>lost</a>, '
        '<a>odd</a>, <a>strange</a>, <a href="https://example.org/?a=1&amp;b=2">away</a>, <a>bad</a></p>'
    )


def test_links_lead_to_the_language_of_the_page(
    site: Any, home_en: Any, home_nl: Any, locales: Any, person: Any
) -> None:
    link = f'<p><a linktype="page" id="{home_en.pk}">home</a> <a linktype="page" id="{person.pk}">Sam</a></p>'
    home_nl.body = [("text", link), ("related", [home_en])]
    home_nl.save()
    page = type(home_nl).objects.get(pk=home_nl.pk)
    text, related = build_detail(page=page, site=site, now=timezone.now()).body
    assert isinstance(text, TextBlock)
    assert text.html == '<p><a href="/nl/">home</a> <a href="/en/team/sam/">Sam</a></p>'
    assert isinstance(related, RelatedBlock)
    assert related.pages[0].path == "/nl/"


def test_a_draft_shows_its_labels_as_they_stand_in_memory(
    make_article: Any, site: Any, data: Any, make_theme: Any
) -> None:
    page = make_article("one")
    page.themes.add(data)
    page.tags.add("Old")
    page.save()
    page.themes.set([make_theme("power", en="Civic power")])
    page.tags.set(["New"])
    now = timezone.now()
    live, draft = (build_detail(page=page, site=site, now=now, draft=draft) for draft in (False, True))
    assert ([theme.slug for theme in live.themes], [tag.name for tag in live.tags]) == (["data"], ["Old"])
    assert ([theme.slug for theme in draft.themes], [tag.name for tag in draft.tags]) == (["power"], ["New"])
