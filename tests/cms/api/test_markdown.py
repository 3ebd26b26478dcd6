"""Details as Markdown, for requests with `Accept: text/markdown`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.files.base import ContentFile
from wagtail.documents.models import Document
from wagtail.models import Page

from cms.api.plain_html import blocks_html
from cms.api.values import BodyBlock
from cms.blocks.heading import HeadingBlock
from tests.conftest import add_page
from themes.models import ActivityPage

MARKDOWN = {"accept": "text/markdown"}


def markdown_of(client: Any, page: Any) -> str:
    response = client.get(f"/api/v1/pages/{page.pk}", headers=MARKDOWN)
    assert response.status_code == 200
    assert response["Content-Type"] == "text/markdown; charset=utf-8"
    return response.content.decode()


def test_title_summary_and_every_block_stand_in_order(
    client: Any, make_article: Any, make_shown_image: Any, activity: Any
) -> None:
    image = make_shown_image(description="A canal")
    file = Document.objects.create(title="Report", file=ContentFile(b"%PDF", name="report.pdf"))
    page = make_article(
        "one",
        title="Open data",
        summary="In short.",
        image=image,
        body=[
            ("heading", {"text": "Why", "level": "2"}),
            ("text", f'<p>Because <b>so</b>, <a linktype="page" id="{activity.pk}">come</a>.</p><ul><li>a</li></ul>'),
            ("heading", {"text": "How", "level": "3"}),
            ("quote", {"text": "So.", "attribution": "Somebody"}),
            ("image", {"image": image, "alt": "Water", "caption": "Yellow"}),
            ("button", {"label": "Away", "page": None, "url": "https://example.org/"}),
            ("document", {"document": file, "label": ""}),
            ("related", [activity]),
        ],
    )
    jpeg = image.renditions.get(filter_spec="width-1600|format-jpeg")
    lines = [line for line in markdown_of(client, page).splitlines() if line]
    picture, day = f"http://hub.test{jpeg.url}", "http://hub.test/en/themes/data/open-day/"
    assert lines == [
        "# Open data",
        "In short.",
        f"![A canal]({picture})",
        "## Why",
        f"Because **so**, [come]({day}).",
        "- a",
        "### How",
        "> So.",
        "Somebody",
        f"![Water]({picture})",
        "Yellow",
        "[Away](https://example.org/)",
        f"[Report](http://hub.test{file.url}) (PDF)",
        f"- [Open day]({day})",
    ]


def test_what_a_type_adds_stands_under_the_summary(client: Any, activity: Any, item: Any) -> None:
    lines = markdown_of(client, activity).splitlines()
    assert "- Starts: 2026-12-03T14:00+01:00" in lines
    assert "- Place: Utrecht" in lines
    assert not any("Registration" in line for line in lines)
    item.document = Document.objects.create(title="Magazine", file=ContentFile(b"%PDF", name="magazine.pdf"))
    item.save()
    assert f"- Document: [Magazine](http://hub.test{item.document.url})" in markdown_of(client, item)


def test_what_a_type_adds_is_in_the_pages_language(client: Any, home_nl: Any, item: Any) -> None:
    Page.objects.filter(pk=item.pk).update(locale=home_nl.locale)
    activity = add_page(
        home_nl,
        ActivityPage(
            title="Dag",
            slug="dag",
            starts_at=datetime(2026, 12, 3, 13, tzinfo=UTC),
            ends_at=datetime(2026, 12, 3, 16, tzinfo=UTC),
            place="R&D_lab (*new*) \x07- 2. verdieping + terras = [open] &amp;",
            registration_url="https://example.org/a_b?c=d&e=(f)",
        ),
    )
    assert [line for line in markdown_of(client, activity).splitlines() if line][1:] == [
        "- Begin: 2026-12-03T14:00+01:00",
        "- Einde: 2026-12-03T17:00+01:00",
        "- Tijdzone: Europe/Amsterdam",
        r"- Plaats: R&D_lab (\*new\*) - 2. verdieping + terras = \[open\] \&amp;",
        "- Online: nee",
        "- Aanmelding: <https://example.org/a_b?c=d&e=%28f%29>",
    ]
    assert "- Soort: Publicatie" in markdown_of(client, item)


def test_characters_that_would_mean_something_are_escaped(
    client: Any, make_article: Any, make_shown_image: Any
) -> None:
    text = "<p># no *b* _i_ [x](y) `c` &lt;script&gt; 1. a | b</p>"
    image = make_shown_image(description="a](http://evil.test) <b>")
    page = make_article("one", title="*a*\n# b \x07<script>", image=image, body=[("text", text)])
    shown = markdown_of(client, page)
    title, picture, body = (line for line in shown.splitlines() if line)
    assert title == r"# \*a\* \# b \<script\>"
    assert picture.startswith(r"![a\](http://evil.test) \<b\>](http://hub.test/")
    assert body == r"\# no \*b\* \_i\_ \[x\](y) \`c\` \<script\> 1\. a \| b"


def test_an_address_cannot_end_its_link(client: Any, make_article: Any) -> None:
    text = '<p><a href="https://example.org/a(b) c">x</a></p>'
    page = make_article("one", body=[("text", text)])
    assert "[x](https://example.org/a%28b%29%20c)" in markdown_of(client, page)


def test_a_block_that_nobody_can_show_is_left_out() -> None:
    known = HeadingBlock(id=None, type="heading", level=2, text="Why")
    unknown = BodyBlock(id=None, type="weather")
    assert blocks_html([unknown, known], base="http://hub.test/", language="en") == "<h2>Why</h2>"


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("text/markdown", "text/markdown; charset=utf-8"),
        ("text/markdown, application/json;q=0.5", "text/markdown; charset=utf-8"),
        ("text/markdown;q=0.1, application/json", "application/json; charset=utf-8"),
        ("text/html,application/xhtml+xml,*/*;q=0.8", "application/json; charset=utf-8"),
        ("*/*", "application/json; charset=utf-8"),
        ("image/png", "application/json; charset=utf-8"),
        ("nonsense", "application/json; charset=utf-8"),
        ("", "application/json; charset=utf-8"),
    ],
)
def test_the_answer_is_in_the_form_that_was_asked_for(
    client: Any, theme_page: Any, accept: str, media_type: str
) -> None:
    for address in (f"/api/v1/pages/{theme_page.pk}", "/api/v1/resolve?path=/en/themes/data/"):
        response = client.get(address, headers={"accept": accept})
        assert (response.status_code, response["Content-Type"]) == (200, media_type)
        assert "Accept" in response["Vary"].split(", ")


def test_a_resolved_path_gives_the_same_markdown(client: Any, theme_page: Any) -> None:
    response = client.get("/api/v1/resolve?path=/en/themes/data/", headers=MARKDOWN)
    assert response.content.decode() == markdown_of(client, theme_page)
    assert response["Content-Language"] == "en"


def test_redirects_and_problems_stay_json(client: Any, theme_page: Any) -> None:
    moved = client.get("/api/v1/resolve?path=/themes/data/", headers=MARKDOWN)
    assert moved.json()["status"] == "redirect"
    gone = client.get("/api/v1/pages/999999", headers=MARKDOWN)
    assert (gone.status_code, gone["Content-Type"]) == (404, "application/problem+json")
    assert "Accept" in gone["Vary"]
    assert client.head(f"/api/v1/pages/{theme_page.pk}", headers=MARKDOWN).status_code == 200


def test_the_document_says_that_there_is_markdown(client: Any) -> None:
    paths = client.get("/api/v1/openapi.json").json()["paths"]
    for path in ("/api/v1/pages/{page_id}", "/api/v1/resolve"):
        assert set(paths[path]["get"]["responses"]["200"]["content"]) == {"application/json", "text/markdown"}


def test_times_are_in_the_zone_of_the_site(client: Any, activity: Any, settings: Any) -> None:
    settings.TIME_ZONE = "Asia/Tokyo"
    (line,) = (line for line in markdown_of(client, activity).splitlines() if line.startswith("- Starts"))
    starts_at = datetime.fromisoformat(line.removeprefix("- Starts: "))
    assert (starts_at, starts_at.hour) == (activity.starts_at, 22)


def test_an_address_brings_no_control_characters(client: Any, activity: Any) -> None:
    ActivityPage.objects.update(registration_url="https://example.org/\x1b[31m\x7f")
    assert "- Registration: <https://example.org/[31m>" in markdown_of(client, activity)
