"""Rich text shows pictures and embeds as clean HTML, from which nothing loads from elsewhere by itself."""

from __future__ import annotations

from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.utils import timezone
from wagtail.embeds.blocks import EmbedValue
from wagtail.embeds.embeds import get_embed_hash
from wagtail.embeds.models import Embed
from wagtail.models import Collection, CollectionViewRestriction

from cms.api.build import build_detail
from cms.pictures.renditions import make_renditions
from tests.parts import attribute

VIDEO = "https://www.youtube.com/watch?v=abc&t=1"


@pytest.fixture
def video(db: None) -> Embed:
    return Embed.objects.create(
        url=VIDEO,
        hash=get_embed_hash(VIDEO),
        type="video",
        title='<b>Tulips</b> & "more"',
        provider_name="YouTube",
        html='<iframe width="200" src="https://www.youtube.com/embed/abc?a=1&amp;b=2"></iframe><script>bad()</script>',
        thumbnail_url="https://i.ytimg.com/vi/abc/hq.jpg",
        width=200,
        height=113,
    )


@pytest.fixture(autouse=True)
def nobody_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    def ask(*args: Any, **kwargs: Any) -> None:
        raise AssertionError("A provider was asked.")

    monkeypatch.setattr("wagtail.embeds.embeds.get_finder_for_embed", ask)


@pytest.fixture
def blocks_of(make_article: Any, site: Any) -> Any:
    def build(*body: tuple[str, Any]) -> Any:
        page = make_article(f"page-{timezone.now().timestamp()}".replace(".", "-"), body=list(body))
        return build_detail(page=type(page).objects.get(pk=page.pk), site=site, now=timezone.now()).body

    return build


@pytest.fixture
def html_of(blocks_of: Any) -> Any:
    def build(source: str) -> str:
        return "".join(block.html for block in blocks_of(("text", source)))

    return build


def image_tag(image: Any, *, alt: str = "A canal", placement: str = "left") -> str:
    return f'<embed embedtype="image" id="{image.pk}" format="{placement}" alt="{alt}"/>'


def test_a_picture_comes_with_its_formats_and_its_size(html_of: Any, make_image: Any) -> None:
    image = make_image(width=2000, height=1000)
    make_renditions(image=image)
    html = html_of(f"<p>Before</p>{image_tag(image, alt='A &quot;canal&quot; &amp; more')}<p>After</p>")
    assert html.startswith("<p>Before</p><picture><source")
    assert html.endswith("</picture><p>After</p>")
    soup = BeautifulSoup(html, "html.parser")
    assert [source["type"] for source in soup.find_all("source")] == ["image/avif", "image/webp"]
    (img,) = soup.find_all("img")
    assert (img["alt"], img["width"], img["height"], img["loading"]) == ('A "canal" & more', "1600", "800", "lazy")
    assert img["class"] == ["richtext-image", "left"]
    for tag in soup.find_all(["source", "img"]):
        assert [each.split()[1] for each in attribute(tag, "srcset").split(", ")] == ["800w", "1600w"]
        assert attribute(tag, "sizes").startswith("auto, ")
    assert attribute(img, "src").endswith(".jpg")


def test_a_picture_whose_files_are_not_made_does_not_show_yet(html_of: Any, make_image: Any) -> None:
    assert html_of(f"<p>Words</p>{image_tag(make_image())}") == "<p>Words</p>"


def test_a_picture_that_decorates_keeps_an_empty_alternative(html_of: Any, make_shown_image: Any) -> None:
    html = html_of(image_tag(make_shown_image(description="Words of the library"), alt=""))
    assert 'alt=""' in html
    assert "Words of the library" not in html


def test_an_embed_is_a_link_with_what_a_player_needs(html_of: Any, video: Embed) -> None:
    html = html_of('<p>See</p><embed embedtype="media" url="https://www.youtube.com/watch?v=abc&amp;t=1"/>')
    figure = BeautifulSoup(html, "html.parser").figure
    assert figure is not None
    assert {name: value for name, value in figure.attrs.items() if name != "class"} == {
        "data-kind": "video",
        "data-provider": "YouTube",
        "data-player": "https://www.youtube.com/embed/abc?a=1&b=2",
        "data-thumbnail": "https://i.ytimg.com/vi/abc/hq.jpg",
        "data-width": "200",
        "data-height": "113",
    }
    assert [(link["href"], link.text) for link in figure.find_all("a")] == [(VIDEO, video.title)]
    assert "<b>" not in html
    assert not any(f"<{tag}" in html for tag in ("iframe", "script", "img"))


def test_an_embed_that_nothing_is_known_of_is_a_link(html_of: Any) -> None:
    html = html_of('<embed embedtype="media" url="https://example.org/?a=1&amp;b=2"/>')
    address = "https://example.org/?a=1&amp;b=2"
    assert html == f'<figure class="embed" data-kind="link"><a href="{address}">{address}</a></figure>'


@pytest.mark.parametrize("player", ["http://a.example/", "javascript:alert(1)", "//a.example/", ""])
def test_a_player_that_is_not_secure_is_left_out(blocks_of: Any, video: Embed, player: str) -> None:
    Embed.objects.update(html=f'<iframe src="{player}"></iframe>', thumbnail_url="http://a.example/x.jpg")
    (block,) = blocks_of(("embed", EmbedValue(VIDEO)))
    assert (block.embed.player_url, block.embed.thumbnail_url) == (None, None)


def test_an_embed_block_says_what_it_is(blocks_of: Any, video: Embed) -> None:
    (block,) = blocks_of(("embed", EmbedValue(VIDEO)), ("embed", EmbedValue("javascript:alert(1)")))
    assert block.model_dump(mode="json", exclude={"id"}) == {
        "type": "embed",
        "embed": {
            "url": VIDEO,
            "title": video.title,
            "provider": "YouTube",
            "kind": "video",
            "player_url": "https://www.youtube.com/embed/abc?a=1&b=2",
            "thumbnail_url": "https://i.ytimg.com/vi/abc/hq.jpg",
            "width": 200,
            "height": 113,
        },
    }


def test_a_plain_page_links_to_an_embed_and_shows_a_picture(
    client: Any, make_article: Any, make_shown_image: Any, video: Embed
) -> None:
    image = make_shown_image()
    text = f'<p>Words</p>{image_tag(image)}<embed embedtype="media" url="{VIDEO.replace("&", "&amp;")}"/>'
    page = make_article("one", body=[("text", text), ("embed", EmbedValue(VIDEO))])
    soup = BeautifulSoup(client.get(page.url).content, "html.parser")
    assert [link.text for link in soup.select("figure.embed a")] == [video.title] * 2
    assert soup.select_one("picture img.richtext-image")
    assert not soup.find_all("iframe")


@pytest.mark.parametrize(
    "source",
    [
        '<img src="https://evil.example/x.png" onerror="alert(1)">',
        '<picture><source srcset="https://evil.example/x.png"></picture>',
        '<figure class="embed" data-player="https://evil.example/"><a href="javascript:alert(1)">evil</a></figure>',
        '<iframe src="https://evil.example/"></iframe>',
        '<hub-embed n="7"></hub-embed><hub-embed n="x" onclick="alert(1)">evil</hub-embed><hub-embed>',
        '<embed embedtype="media" url="javascript:alert(1)"/>',
        '<embed embedtype="media" url=""/><embed embedtype="media"/>',
        '<embed embedtype="image"/><embed embedtype="image" id=""/><embed embedtype="image" id="²"/>',
        f'<embed embedtype="image" id="{10**30}"/><a linktype="page" id="{10**30}">evil</a>',
        f'<a linktype="document" id="{10**30}">evil</a><embed embedtype="image" id="{"9" * 5000}"/>',
        '<embed embedtype="evil" id="1"/><embed src="https://evil.example/"><embed/>',
    ],
)
def test_what_an_editor_forges_shows_nothing(html_of: Any, source: str) -> None:
    html = html_of(f"<p>Words</p>{source}")
    soup = BeautifulSoup(html, "html.parser")
    assert html.startswith("<p>Words</p>")
    assert {tag.name for tag in soup.find_all(True)} <= {"p", "a"}
    assert not [name for tag in soup.find_all(True) for name in tag.attrs]
    assert not any(word in html for word in ("alert", "evil.example", "hub-embed"))


def test_names_that_break_out_of_an_attribute_are_escaped(html_of: Any, make_shown_image: Any) -> None:
    evil = "&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;"
    html = html_of(
        image_tag(make_shown_image(), alt=evil, placement=evil) + f'<embed embedtype="media" url="https://a/{evil}"/>'
    )
    soup = BeautifulSoup(html, "html.parser")
    assert {tag.name for tag in soup.find_all(True)} == {"picture", "source", "img", "figure", "a"}
    assert soup.find("script") is None


def test_what_stands_in_a_private_collection_never_shows(html_of: Any, make_image: Any) -> None:
    private = Collection.get_first_root_node().add_child(name="Private")
    CollectionViewRestriction.objects.create(collection=private, restriction_type="login")
    image = make_image("privateimagecanary", description="privateimagecanary", collection=private)
    make_renditions(image=image)
    html = html_of(f"<p>Words</p>{image_tag(image)}")
    assert html == "<p>Words</p>"
