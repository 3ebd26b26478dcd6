"""One person's mail: its headers, its bodies, and what is personal in it."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from email import message_from_bytes, policy
from typing import Any

import pytest

from newsletters.sending.engine.send_batch import send_batch
from newsletters.sending.mails.message import build_message
from newsletters.testing import FakeTransport, FixedClock
from newsletters.values.personal_links import Purpose, read_token
from newsletters.values.personal_parts import salutation
from tests.newsletters.building import rolled_back
from tests.newsletters.conftest import delivery_to, edition_for
from tests.parts import body_part

ONCE = (
    *("From", "To", "Subject", "Date", "Message-ID", "Reply-To", "List-Unsubscribe", "List-Unsubscribe-Post"),
    *("List-Id", "Feedback-ID", "MIME-Version", "Content-Type", "Content-Language"),
)


@pytest.fixture(scope="module")
def sent_once(built_hub: Any, django_db_blocker: Any) -> Iterator[dict[str, bytes]]:
    """The issue as Ann and Bob (who follow the same) and Nel (in Dutch) got it: bytes by name."""
    with rolled_back(django_db_blocker):
        with django_db_blocker.unblock():
            hub, transport = copy.deepcopy(built_hub), FakeTransport()
            intro = "<p>Zoë’s “quote” – €5\n. a dot at the start</p><p>" + "long " * 400 + "</p>"
            hub.edit(words={"en": {"intro": intro}})
            hub.subscribe("ann", "bob")
            hub.subscribe("nel", language="nl")
            send_batch(hub.send(), transport=transport, worker="w1", clock=FixedClock(at=hub.now))
        yield {one.recipient.partition("@")[0]: one.data for one in transport.handovers}


@pytest.fixture
def sent(sent_once: dict[str, bytes], db: None) -> dict[str, bytes]:
    return sent_once


def parsed(data: bytes) -> Any:
    return message_from_bytes(data, policy=policy.default)


def header_line(data: bytes, name: str) -> str:
    """Return a header as it is sent, including folded lines."""
    (found,) = re.findall(rf"(?m)^{name}: .*\r\n(?:[ \t].*\r\n)*", data.decode("ascii"))
    return found


def test_each_header_stands_there_once(sent: Any) -> None:
    message = parsed(sent["ann"])
    names = [name.lower() for name in message.keys()]  # noqa: SIM118  # a name may stand there twice
    assert sorted(names) == sorted(name.lower() for name in ONCE)


def test_the_headers_say_who_to_whom_and_what(sent: Any, hub: Any) -> None:
    message = parsed(sent["ann"])
    assert message["From"] == "Innovation Hub <letter@hub.test>"
    assert message["To"] == "Ann <ann@example.org>"
    assert message["Reply-To"] == "Innovation Hub <answers@hub.test>"
    assert message["Subject"] == "The Letter"
    assert message["Date"].datetime == hub.now.replace(microsecond=0)
    assert message["List-Id"] == "<letter.hub.test>"
    assert message["Content-Language"] == "en"
    assert parsed(sent["nel"])["Content-Language"] == "nl"
    assert re.fullmatch(r"sending-\d+:list-letter:newsletter:hubtest", message["Feedback-ID"])


def test_the_message_id_is_in_our_domain_and_each_copys_own(sent: Any) -> None:
    ids = [parsed(data)["Message-ID"] for data in sent.values()]
    assert len(set(ids)) == 3
    for one in ids:
        assert re.fullmatch(r"<\d+\.[0-9a-f]{16}@hub\.test>", one)


def test_list_unsubscribe_stands_on_one_line_unencoded(sent: Any, hub: Any) -> None:
    line = header_line(sent["ann"], "List-Unsubscribe")
    found = re.fullmatch(
        r"List-Unsubscribe: <http://hub\.test/n/u/([^>]+)>, <mailto:answers@hub\.test\?subject=unsubscribe>\r\n", line
    )
    assert found
    read_token(Purpose.UNSUBSCRIBE, token=found[1])
    assert header_line(sent["ann"], "List-Unsubscribe-Post") == "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"


def test_list_unsubscribe_stays_on_one_line_however_long_the_address_is(sent: Any, hub: Any, settings: Any) -> None:
    long = "https://" + "very-long-name." * 8 + "example.org"
    settings.HUB_NEWSLETTERS = settings.HUB_NEWSLETTERS | {"PUBLIC_URL": long}
    ann = delivery_to("ann", hub.issue.dispatches.get())
    message = build_message(ann, newsletter=hub.newsletter, now=hub.now)
    line = header_line(message.as_bytes(policy=policy.SMTP), "List-Unsubscribe")
    assert line.count("\r\n") == 1
    assert line.startswith(f"List-Unsubscribe: <{long}/n/u/")


def test_the_text_comes_before_the_html_both_quoted_printable(sent: Any) -> None:
    message = parsed(sent["ann"])
    assert message.get_content_type() == "multipart/alternative"
    parts = list(message.iter_parts())
    assert [part.get_content_type() for part in parts] == ["text/plain", "text/html"]
    assert {part["Content-Transfer-Encoding"] for part in parts} == {"quoted-printable"}
    assert {part.get_content_charset() for part in parts} == {"utf-8"}


def test_lines_end_in_crlf_and_are_short_and_ascii(sent: Any) -> None:
    for data in sent.values():
        assert data.isascii()
        assert not re.search(rb"(?<!\r)\n|\r(?!\n)", data)
        assert max(len(line) for line in data.split(b"\r\n")) <= 200
        assert b"\0" not in data


def test_the_bodies_come_back_as_they_were(sent: Any, hub: Any) -> None:
    dispatch = hub.issue.dispatches.get()
    for name in ("ann", "nel"):
        edition = edition_for(name, dispatch)
        message = parsed(sent[name])
        html, plain = body_part(message, "html"), body_part(message, "plain")
        hello = salutation(name.capitalize(), language=edition.locale.language_code)
        for body, part in ((edition.html, html), (edition.text, plain)):
            tokens = re.findall(r"%%\w+%%", body)
            assert {"%%salutation%%", "%%unsubscribe_url%%", "%%preferences_url%%"} == set(tokens)
            assert "%%" not in part
            assert hello in part
            pattern = re.escape(body.rstrip("\n")).replace(re.escape("%%salutation%%"), re.escape(hello))
            pattern = re.sub(r"%%\w+_url%%", r"http://hub\\.test/n/[up]/[\\w.-]+", pattern)
            assert re.fullmatch(pattern, part.replace("\r\n", "\n").rstrip("\n"))


def test_two_copies_differ_in_what_is_personal_only(sent: Any) -> None:
    def impersonal(name: str) -> bytes:
        data = sent[name]
        boundary = parsed(data).get_boundary()
        data = data.replace(boundary.encode(), b"BOUNDARY")
        html = parsed(sent[name])
        bodies = [part.get_content() for part in html.iter_parts()]
        head = data.partition(b"\r\n\r\n")[0]
        head = re.sub(rb"(?m)^(To|Message-ID|List-Unsubscribe): .*$", rb"\1: X", head)
        text = "\n".join(bodies).replace(f"Dear {name.capitalize()},", "Dear X,")
        return head + re.sub(r"http://hub\.test/n/([up])/[\w.-]+", r"link-\1", text).encode()

    assert impersonal("ann") == impersonal("bob")


def test_personal_links_are_good_for_this_person_only(sent: Any, hub: Any) -> None:
    dispatch = hub.issue.dispatches.get()
    for name in ("ann", "bob"):
        body = parsed(sent[name]).get_body(("html",)).get_content()
        subscription = delivery_to(name, dispatch).subscription_id
        for letter, purpose in (("u", Purpose.UNSUBSCRIBE), ("p", Purpose.PREFERENCES)):
            tokens = set(re.findall(rf"/n/{letter}/([\w.-]+)", body))
            assert {read_token(purpose, token=token) for token in tokens} == {subscription}


def test_a_way_out_stands_in_the_first_twenty_kilobytes(sent: Any) -> None:
    html = parsed(sent["ann"]).get_body(("html",)).get_content()
    first = html[:20_000]
    assert "/n/p/" in first or "/n/u/" in first


def test_every_mail_names_the_sender_with_a_postal_address(sent: Any) -> None:
    for data in sent.values():
        for part in parsed(data).iter_parts():
            body = part.get_content()
            assert "Ellermanstraat 18" in body
            assert "34214586" in body


def test_outlooks_comments_survive(sent: Any) -> None:
    html = parsed(sent["ann"]).get_body(("html",)).get_content()
    assert html.startswith("<!doctype html>")
    assert html.count("<!--[if mso") >= 3
    assert html.count("<![endif]-->") >= html.count("<!--[if")
