"""A mailbox is read without losing a mail, whenever the program ends, and the password is never shown."""

from __future__ import annotations

import logging
import socket
import ssl
import threading
import traceback
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from imapclient import IMAPClient

from newsletters.checks import check_settings
from newsletters.exceptions import MailboxDown
from newsletters.results.incoming import mailbox
from newsletters.results.incoming.kinds import Bounce
from newsletters.results.incoming.mailbox import IncomingMail, open_mailbox
from newsletters.results.incoming.mailbox_address import MailboxAddress, Security, mailbox_address
from newsletters.results.incoming.parsing import MOST_BYTES
from newsletters.results.incoming.reports import read_report
from tests.newsletters.results.incoming.imap_server import PASSWORD, USER, Server, imap_server
from tests.newsletters.results.incoming.samples import DELIVERY, sample
from tests.newsletters.sending.authority import Authority

FIRST, SECOND = b"Subject: first\r\n\r\nHello\r\n", b"Subject: second\r\n\r\nHello\r\n"


@pytest.fixture(scope="module")
def running() -> Iterator[Server]:
    with imap_server() as server:
        yield server


@pytest.fixture
def server(running: Server) -> Server:
    """The server of all tests here, without mails."""
    running.empty()
    return running


def address_of(server: Server, **changes: Any) -> MailboxAddress:
    url = f"imap://{USER}:{quote(PASSWORD)}@127.0.0.1:{server.port}/INBOX"
    return replace(mailbox_address(url), **changes)


def test_unread_mails_come_one_after_the_other_and_stay_unread(server: Server) -> None:
    server.deliver(FIRST)
    server.deliver(b"Subject: read\r\n\r\n", flags=r"\Seen")
    server.deliver(b"Subject: deleted\r\n\r\n", flags=r"\Deleted")
    server.deliver(SECOND)
    for _again in range(2):
        with open_mailbox(address_of(server)) as box:
            assert [mail.raw for mail in box.unread()] == [FIRST, SECOND]
    with open_mailbox(address_of(server)) as box:
        assert [mail.raw for mail in box.unread(most=1)] == [FIRST]


def test_a_mail_that_was_handled_does_not_come_again(server: Server) -> None:
    server.deliver(FIRST)
    server.deliver(SECOND)
    with open_mailbox(address_of(server)) as box:
        box.mark_handled(next(box.unread()))
    with open_mailbox(address_of(server)) as box:
        assert [mail.raw for mail in box.unread()] == [SECOND]
    assert len(server.uids()) == 2


def test_a_mail_whose_handling_failed_comes_again(server: Server) -> None:
    server.deliver(FIRST)

    def handle() -> None:
        with open_mailbox(address_of(server)) as box:
            for _mail in box.unread():
                raise ZeroDivisionError

    for _again in range(2):
        with pytest.raises(ZeroDivisionError):
            handle()
    assert len(server.uids("UNSEEN")) == 1


def test_a_mail_that_was_handled_is_deleted_if_the_address_says_so(server: Server) -> None:
    server.deliver(FIRST)
    server.deliver(b"Subject: deleted by others\r\n\r\n", flags=r"\Deleted")
    with open_mailbox(address_of(server, deletes=True)) as box:
        for mail in box.unread():
            box.mark_handled(mail)
    assert len(server.uids()) == 1


@pytest.mark.parametrize("missing", ["", "MOVE", "UIDPLUS"])
def test_a_mail_that_was_handled_is_moved_if_the_address_says_so(
    server: Server, missing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    has_capability = IMAPClient.has_capability
    names = {"UIDPLUS": {"MOVE", "UIDPLUS"}}.get(missing, {missing})
    monkeypatch.setattr(
        IMAPClient, "has_capability", lambda self, name: name not in names and has_capability(self, name)
    )
    server.deliver(FIRST)
    for _again in range(2):
        with open_mailbox(address_of(server, move_to="Handled mails")) as box:
            for mail in box.unread():
                box.mark_handled(mail)
    assert server.uids("UNSEEN") == []
    assert server.uids("UNDELETED") == []
    assert len(server.uids(folder='"Handled mails"')) == 1


@pytest.mark.parametrize("changes", [{"deletes": True}, {"move_to": "Handled"}])
def test_a_mail_for_a_person_stays(server: Server, changes: dict[str, Any]) -> None:
    server.deliver(FIRST)
    with open_mailbox(address_of(server, **changes)) as box:
        for mail in box.unread():
            box.mark_handled(mail, is_kept=True)
        assert list(box.unread()) == []
    assert len(server.uids()) == 1


def test_a_huge_mail_is_fetched_in_part(server: Server) -> None:
    server.deliver(sample("postfix_unknown_user").replace(b"\n", b"\r\n") + b"Hello Ann\r\n" * 100_000)
    with open_mailbox(address_of(server)) as box:
        (mail,) = box.unread()
    assert len(mail.raw) == MOST_BYTES
    report = read_report(mail.raw)
    assert isinstance(report, Bounce)
    assert report.origin.delivery_pk == DELIVERY


def test_a_mail_that_another_program_took_away_is_left_out(server: Server) -> None:
    server.deliver(FIRST)
    server.deliver(SECOND)
    _first, second = map(int, server.uids())
    with open_mailbox(address_of(server, deletes=True)) as box:
        unread = box.unread()
        assert next(unread).raw == FIRST
        box.mark_handled(IncomingMail(uid=second, raw=b""))
        assert list(unread) == []


def shown(error: BaseException) -> str:
    return "".join(traceback.format_exception(error))


@pytest.mark.parametrize(
    "changes",
    [
        {"password": "another s3cret"},
        {"port": 9},
        {"folder": "Nothing"},
        {"host": "nothing.invalid"},
        {"security": Security.TLS},
        {"security": Security.STARTTLS},
        {"password": "s3cret é"},
    ],
)
def test_what_fails_says_so_without_the_password(
    server: Server, changes: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises(MailboxDown) as caught, open_mailbox(address_of(server, **changes)):
        pass
    assert "s3cret" not in shown(caught.value) + caplog.text + repr(address_of(server, **changes))


def test_a_server_that_repeats_the_password_does_not_show_it() -> None:
    def answer(listening: socket.socket) -> None:
        with suppress(OSError), closing(listening.accept()[0]) as connection:
            connection.sendall(b"* OK [CAPABILITY IMAP4rev1] hello\r\n")
            lines = connection.makefile("rb")
            for line in lines:
                tag = line.split()[0]
                if b"CAPABILITY" in line:
                    connection.sendall(b"* CAPABILITY IMAP4rev1\r\n" + tag + b" OK done\r\n")
                else:
                    connection.sendall(tag + b" NO what is " + line.strip() + b"?\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=answer, args=[listening], daemon=True).start()
        url = f"imap://ann:s3cret@127.0.0.1:{listening.getsockname()[1]}"
        with pytest.raises(MailboxDown) as caught, open_mailbox(mailbox_address(url)):
            pass
    assert "NO" in str(caught.value) or "what is" in str(caught.value)
    assert "s3cret" not in shown(caught.value)


def test_a_silent_server_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mailbox, "CONNECT_SECONDS", 0.2)
    monkeypatch.setattr(mailbox, "ANSWER_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        address = mailbox_address(f"imap://a:b@127.0.0.1:{listening.getsockname()[1]}")
        with pytest.raises(MailboxDown), open_mailbox(address):
            pass


def test_starttls_is_used_and_the_certificate_checked(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    authority.certify("right")
    trusted = ssl.create_default_context(cafile=tmp_path / "ca.pem")
    with imap_server(certificate=tmp_path / "right", key=tmp_path / "key") as server:
        address = address_of(server, security=Security.STARTTLS)
        server.deliver(FIRST)
        with open_mailbox(address, tls=trusted) as box:
            assert [mail.raw for mail in box.unread()] == [FIRST]
        with pytest.raises(MailboxDown, match=r"(?i)certificate"), open_mailbox(address):
            pass


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("imaps://ann:pw@mail.example.org", (Security.TLS, 993, "INBOX", "", False)),
        ("imap+tls://ann:pw@mail.example.org/", (Security.STARTTLS, 143, "INBOX", "", False)),
        ("imap://ann:pw@localhost:1143/A%20b/C", (Security.NONE, 1143, "A b/C", "", False)),
        ("imaps://ann:pw@mail.example.org/INBOX?move=Done%20it", (Security.TLS, 993, "INBOX", "Done it", False)),
        ("imaps://ann:pw@mail.example.org/INBOX?delete=yes", (Security.TLS, 993, "INBOX", "", True)),
    ],
)
def test_the_setting_says_where_the_mailbox_is(url: str, expected: tuple[object, ...], settings: Any) -> None:
    found = mailbox_address(url)
    assert (found.security, found.port, found.folder, found.move_to, found.deletes) == expected
    assert (found.user, found.password) == ("ann", "pw")
    settings.HUB_NEWSLETTERS = settings.HUB_NEWSLETTERS | {"BOUNCE_MAILBOX": url}
    assert check_settings(None) == []


def test_special_characters_are_percent_encoded() -> None:
    found = mailbox_address("imaps://ann%40example.org:a%3Ab%2F%40@mail.example.org")
    assert (found.user, found.password) == ("ann@example.org", "a:b/@")


@pytest.mark.parametrize(
    "url",
    [
        *("x", "pop3://a:s3cret@b", "imaps://s3cret", "imaps://a:@s3cret", "imap://a:s3cret@mail.example.org"),
        *("imaps://a:s3cret@[b", "imaps://a:s3cret/x@b", "imaps://a:b@s3cret:port", "imaps://a:s3cret\u2100@b"),
        *("imaps://a:s3cret@b?x=y", "imaps://a:s3cret@b?delete=no", "imaps://a:s3cret@b?delete=yes&move=x"),
        *("imaps://a:s3cret%0a@b", "imaps://a:s3cret#@b", None, 5, b"imaps://a:s3cret@b"),
    ],
)
def test_a_wrong_setting_shows_when_the_server_starts_and_the_password_does_not(settings: Any, url: Any) -> None:
    settings.HUB_NEWSLETTERS = settings.HUB_NEWSLETTERS | {"BOUNCE_MAILBOX": url}
    (error,) = check_settings(None)
    assert error.id == "hub_newsletters.E023"
    assert error.hint
    assert "s3cret" not in f"{error.msg}{error.hint}"


@pytest.mark.parametrize("name", ["BOUNCE_ADDRESS", "UNSUBSCRIBE_ADDRESS"])
@pytest.mark.parametrize(
    "value", ["bounces", "Bounces@example.org", "a+b@example.org", "b" * 19 + "@example.org", None]
)
def test_an_address_without_room_for_a_token_shows_when_the_server_starts(settings: Any, name: str, value: Any) -> None:
    settings.HUB_NEWSLETTERS = settings.HUB_NEWSLETTERS | {name: value}
    (error,) = check_settings(None)
    assert error.id == "hub_newsletters.E022"
    assert error.hint


def test_no_log_shows_a_mail(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    server.deliver(FIRST)
    with open_mailbox(address_of(server)) as box:
        assert len(list(box.unread())) == 1
    assert "first" not in caplog.text
