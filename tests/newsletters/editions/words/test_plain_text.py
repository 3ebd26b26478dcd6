"""Rich text as plain text: each word once, lists with numbers and levels, addresses once."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletters.editions.words.plain_text import to_mail_text
from newsletters.templatetags.mail_text import tidy, wrapped


@pytest.mark.parametrize(
    ("html", "text"),
    [
        (
            "<ul><li>Fruit<ul><li>Apple</li><li>Pear</li></ul></li><li>Bread</li></ul>",
            "- Fruit\n  - Apple\n  - Pear\n- Bread",
        ),
        ("<ol><li>Register</li><li>Come</li></ol>", "1. Register\n2. Come"),
        ('<ol start="9"><li>a</li><li>b</li></ol>', "9. a\n10. b"),
        ('<ol start="²"><li>a</li></ol><p>x</p><ol start="-3"><li>b</li></ol>', "1. a\n\nx\n\n1. b"),
        ("<ul><li>a<ol><li>b<ul><li>c</li></ul></li><li>d</li></ol></li></ul>", "- a\n  1. b\n     - c\n  2. d"),
        ("<ul><li><p>a</p></li><li><p>b</p><p>c</p></li></ul><p>d</p>", "- a\n- b\n\n  c\n\nd"),
        ("<ul><li>a<br>b</li></ul>", "- a\n  b"),
        ("<p>a<br/> b <br>c</p>", "a\nb\nc"),
        ("<p>Two\n  lines</p><p>more</p>", "Two lines\n\nmore"),
        ("<p>*a* _b_ <b>c</b> <em>d</em><strong>e</strong> 1. f \\ &lt;g&gt;</p>", "*a* _b_ c de 1. f \\ <g>"),
        ("<h2>Head</h2><blockquote><p>said</p></blockquote><hr>end", "Head\n\n> said\n\n* * *\n\nend"),
        ("<table><tr><th>A</th><th>B</th></tr><tr><td>1</td><td>2</td></tr></table>", "A | B\n1 | 2"),
        ("<ul><li></li></ul><p></p>", ""),
        ("", ""),
    ],
)
def test_plain_text_has_the_shape_of_the_html(html: str, text: str) -> None:
    assert to_mail_text(html) == text


@pytest.mark.parametrize(
    ("href", "words", "text"),
    [
        ("https://example.org/a", "our report", "our report (https://example.org/a)"),
        ("https://example.org/", "example.org", "https://example.org/"),
        ("https://example.org/", "https://example.org", "https://example.org/"),
        ("https://www.example.org/a/", "www.example.org/a", "https://www.example.org/a/"),
        ("https://example.org/a", "example.org/b", "example.org/b (https://example.org/a)"),
        ("https://xn--mnchen-3ya.example/x", "münchen.example/x", "https://münchen.example/x"),
        ("https://xn--mnchen-3ya.example/x", "Munich", "Munich (https://münchen.example/x)"),
        ("mailto:ann@example.org?subject=Hi", "ann@example.org", "ann@example.org"),
        ("mailto:ann@example.org", "Write to Ann", "Write to Ann (ann@example.org)"),
        ("tel:+31700000000", "+31 70 000 00 00", "+31 70 000 00 00"),
        ("tel:+31700000000", "tel:+31700000000", "tel:+31700000000"),
        ("tel:+31700000000", "Call us", "Call us (+31700000000)"),
        ("https://example.org/a", "", "https://example.org/a"),
    ],
)
def test_a_link_says_once_where_it_leads(href: str, words: str, text: str) -> None:
    assert to_mail_text(f'<p>See <a href="{href}">{words}</a>.</p>') == f"See {text}."
    assert to_mail_text(f'<ul><li><a href="{href}">{words}</a></li></ul>') == f"- {text}"


def test_a_link_keeps_the_space_around_it() -> None:
    assert to_mail_text('<p>a<a href="https://a.example/"> b </a>c</p>') == "a b (https://a.example/) c"
    assert to_mail_text("<p>a <a>b</a> c</p>") == "a b c"


lists = st.recursive(
    st.lists(st.just("<li>WORD</li>"), min_size=1, max_size=3).map("".join),
    lambda inner: st.lists(
        st.tuples(st.sampled_from(["ul", "ol"]), inner).map(lambda it: f"<li>WORD<{it[0]}>{it[1]}</{it[0]}></li>"),
        min_size=1,
        max_size=3,
    ).map("".join),
    max_leaves=8,
)


@settings(max_examples=60, deadline=None)
@given(lists)
def test_each_item_of_a_list_is_a_line_at_its_level(items: str) -> None:
    names = iter(range(10_000))
    html = re.sub("WORD", lambda _found: f"w{next(names)}", f"<ul>{items}</ul>")
    lines = to_mail_text(html).splitlines()
    found = [re.fullmatch(r"( *)(?:- |\d+\. )(w\d+)", line) for line in lines]
    assert all(found), lines
    assert [match[2] for match in found if match] == re.findall(r"w\d+", html)
    depths = [len(re.findall("<[uo]l>", before)) - len(re.findall("</[uo]l>", before)) for before in befores(html)]
    indents = [len(match[1]) for match in found if match]
    for one, other in pairwise(zip(depths, indents, strict=True)):
        assert (other[0] > one[0]) == (other[1] > one[1])
        assert (other[0] < one[0]) == (other[1] < one[1])


def befores(html: str) -> list[str]:
    return [html[: match.start()] for match in re.finditer(r"w\d+", html)]


@pytest.mark.parametrize("lead", ["- ", "  - ", "    - ", "1. ", "  12. ", "> ", "> - ", ""])
def test_long_lines_hang_under_their_item(lead: str) -> None:
    lines = wrapped(lead + "word " * 60).splitlines()
    assert len(lines) > 3
    assert max(map(len, lines)) <= 72
    quote = "> " if lead.startswith(">") else ""
    hanging = quote + " " * (len(lead) - len(quote))
    assert all(line.startswith(f"{hanging}word") for line in lines[1:])


def test_a_line_that_points_to_an_address_stays_whole_and_is_in_letters() -> None:
    url = "https://xn--mnchen-3ya.example/" + "x" * 100
    assert tidy(wrapped(f"→ {url}")) == f"→ https://münchen.example/{'x' * 100}\n"
