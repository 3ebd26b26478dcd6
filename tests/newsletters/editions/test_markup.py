"""What no mail may contain is taken out of MJML however it is written; a title is found however it is shown."""

from __future__ import annotations

import pytest

from newsletters.editions.markup import require_known, shows_title, without_unsafe, words_in
from newsletters.exceptions import IssueProblem

HOSTS = frozenset({"hub.test"})


@pytest.mark.parametrize(
    ("markup", "found"),
    [
        ("<mj-text><style>.page{display:none}</style></mj-text>", "<style>"),
        ('<mj-raw><link rel="stylesheet" href="https://evil.example/"></mj-raw>', "<link>"),
        ("<mj-head><mj-attributes></mj-attributes></mj-head>", "<mj-head>"),
        (r'<p style="background:u\72l(//evil.example/2.png)"></p>', "style with url()"),
        (r'<p style="background:\000075 rl(//evil.example/2.png)"></p>', "style with url()"),
        ('<p style="background:url&lpar;//evil.example/)"></p>', "style with url()"),
        ('<p style="content:&quot;/*&quot; url(//evil.example/) &quot;*/&quot;"></p>', "style with url()"),
        ('<p style="background:url(https://hub.test/1.png),url(data:x)"></p>', "style with url()"),
        ('<p style="background:image-set(&quot;//evil.example/&quot; 1x)"></p>', "style with image-set()"),
        ('<p style="width:exp/* */ression(alert(1))"></p>', "style with expression()"),
        ('<mj-text color="red;background:url(//evil.example/)"></mj-text>', "color with url()"),
        ('<mj-section background-url="https://hub.test/1.png);x:url(//evil.example/"></mj-section>',
         "background-url with url()"),
        ('<img src="https://hub.test/1.png" srcset="https://hub.test/1.png 1x, https://evil.example/ 2x">',
         "srcset=https://hub.test/1.png 1x, https://evil.example/ 2x"),
        ('<mj-raw><!--[if mso]><img src="https://evil.example/"><![endif]--></mj-raw>', "src=https://evil.example/"),
        ('<p/onclick="alert(1)"></p>', "onclick="),
    ],
)  # fmt: skip
def test_what_no_mail_may_contain_is_taken_out(markup: str, found: str) -> None:
    safe, taken_out = without_unsafe(markup, hosts=HOSTS)
    assert taken_out == (found,)
    assert "evil.example" not in safe
    assert without_unsafe(safe, hosts=HOSTS) == (safe, ())


@pytest.mark.parametrize(
    "markup",
    [
        '<p style="background:url(https://hub.test/1.png)">Words</p>',
        '<mj-image src="https://hub.test/1.png" alt="javascript: url(x) @import \\ /*" />',
        "<mj-text>Use @import, url(//x.example) and expression(1) &amp; C:\\\\folder</mj-text>",
        '<a href="https://example.org/?a=1&b=url(2)">Words</a><a href="/a/b:c/">Words</a>',
        "<mj-raw><!--[if mso]><table><tr><td><![endif]--><!-- [if you like] --></mj-raw>",
    ],
)
def test_harmless_markup_stays_as_it_is(markup: str) -> None:
    assert without_unsafe(markup, hosts=HOSTS) == (markup, ())


@pytest.mark.parametrize(
    ("part", "forbidden"),
    [
        ("<mj-section></mj-section></mj-body><mj-body>", "</mj-body>, mj-body"),
        ("<mjml><mj-body></mj-body></mjml>", "mjml, mj-body"),
        ("<mj-column></mj-column></mj-section><mj-section><mj-column></mj-column>", "</mj-section>"),
        ("<mj-banana /><MJ-TEXT></MJ-TEXT>", "mj-banana, MJ-TEXT"),
    ],
)
def test_what_ends_or_repeats_the_mail_is_refused(part: str, forbidden: str) -> None:
    with pytest.raises(IssueProblem, match=rf"contain {forbidden}$"):
        require_known(part)


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("Bob&#x27;s &amp; Ann&#x27;s “day”", "Bob's & Ann's \"day\""),
        ("<h3>OPEN  D\u00adAY</h3>", "Open day"),
        ("<b>Open</b><br />\nday", "Open day"),
        ("Open data for…", "Open data for all"),
        ("Lovelace, Ada", "Ada Lovelace"),
        ("Cafe\u0301 ouvert", "Café ouvert"),
        ("<p>🌞</p>", "🌞\u200d"),
        ("", "\u00ad"),
    ],
)
def test_a_title_is_found_however_it_is_shown(text: str, title: str) -> None:
    assert shows_title(words_in(text), title)


@pytest.mark.parametrize(
    "text", ["", "A party", '<a aria-label="Open day" title="Open day">Read it</a><!-- Open day -->']
)
def test_a_title_that_nobody_reads_is_not_shown(text: str) -> None:
    assert not shows_title(words_in(text), "Open day")
