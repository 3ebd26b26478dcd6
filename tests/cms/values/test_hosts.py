"""Host names in Unicode and in ASCII, as browsers and name servers write them."""

from __future__ import annotations

import pytest

from cms.values.hosts import ascii_host, readable_host, with_ascii_host, with_readable_host


@pytest.mark.parametrize(
    ("letters", "plain"),
    [
        ("münchen.example", "xn--mnchen-3ya.example"),
        ("faß.example", "xn--fa-hia.example"),  # IDNA 2003 turned it into fass.example, another domain
        ("βόλος.example", "xn--nxasmm1c.example"),
        ("例え.example", "xn--r8jz45g.example"),
        ("i❤.example", "xn--i-7iq.example"),  # not a valid name by the standard, but browsers look it up
        ("example.org", "example.org"),
        ("", ""),
    ],
)
def test_a_host_is_told_both_ways(letters: str, plain: str) -> None:
    assert ascii_host(letters) == plain
    assert readable_host(plain) == letters or "❤" in letters
    assert ascii_host(plain) == plain


@pytest.mark.parametrize(
    ("letters", "plain"),
    [
        ("https://MÜNCHEN.example:8443/ü?q=ü#ü", "https://xn--mnchen-3ya.example:8443/ü?q=ü#ü"),
        ("https://m%C3%BCnchen.example/x%20y", "https://xn--mnchen-3ya.example/x%20y"),
        ("https://ann:b@münchen.example", "https://ann:b@xn--mnchen-3ya.example"),
        (
            "mailto:a@münchen.example,b@faß.example?subject=ü",
            "mailto:a@xn--mnchen-3ya.example,b@xn--fa-hia.example?subject=ü",
        ),
        ("https://[2001:db8::1]:8443/x", "https://[2001:db8::1]:8443/x"),
        ("https://example.org?#", "https://example.org?#"),
        ("tel:+31700000000", "tel:+31700000000"),
        ("https://[broken/", "https://[broken/"),
        ("https://ex℀mple.org/", "https://ex℀mple.org/"),  # would end the host after normalising
        ("#below", "#below"),
    ],
)
def test_only_the_host_of_an_address_changes(letters: str, plain: str) -> None:
    assert with_ascii_host(letters) == plain


@pytest.mark.parametrize(
    ("plain", "letters"),
    [
        ("https://xn--mnchen-3ya.example/x%20y", "https://münchen.example/x%20y"),
        ("mailto:a@xn--mnchen-3ya.example", "mailto:a@münchen.example"),
        ("https://xn--.example/", "https://xn--.example/"),
        ("https://xn--a.example/", "https://xn--a.example/"),
        ("https://example.org/xn--mnchen-3ya", "https://example.org/xn--mnchen-3ya"),
    ],
)
def test_readers_see_letters(plain: str, letters: str) -> None:
    assert with_readable_host(plain) == letters
