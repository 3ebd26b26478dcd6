"""Which addresses are accepted: those of people on the internet, not of machines in the operator's own network."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from newsletters.issues.checking import check_issue
from newsletters.models import Newsletter, Subscriber, Subscription
from newsletters.values.addresses import address, clean_address
from newsletters.values.domains import ascii_domain
from tests.newsletters.building import Hub

LOCAL = [
    "root@localhost",
    "root@LOCALHOST",
    "root@ⓛocalhost",
    "root@mail",
    "x@[127.0.0.1]",
    "x@[10.0.0.5]",
    "x@[8.8.8.8]",
    "x@[IPv6:::1]",
    "x@[::1]",
    "x@127.0.0.1",
    "x@10.0.0.15",
    "x@2130706433",
    "x@0x7f.0.0.0x1",
    "x@１０.０.０.１５",
    "x@10.0.0.١٢",
    "x@localhost.localdomain",
    "x@printer.local",
    "x@a.printer。local",
    "x@a.printer．local",
    "x@pri\u200bnter.lo\u200bcal",
    "x@db.internal",
    "x@nas.lan",
    "x@nas.home",
    "x@nas.home.arpa",
    "x@1.0.0.127.in-addr.arpa",
    "x@srv.corp",
    "x@srv.intranet",
    "x@foo.localhost",
    "x@foo.test",
    "x@foo.invalid",
    "x@xn--",
    "x@xn--a.com",
    "x@",
    "x@.",
    "x@a..nl",
    "x@localhost.",
    "x@printer.local.",
]


@pytest.mark.parametrize("typed", LOCAL)
def test_no_address_in_the_operators_own_network_is_taken(typed: str) -> None:
    with pytest.raises(ValidationError) as refused:
        clean_address(typed)
    assert refused.value.code == "invalid"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("ann@example.org", "ann@example.org"),
        ("Ann.O'Neil+news@Example.ORG", "Ann.O'Neil+news@Example.ORG"),
        ("ann@local.example.org", "ann@local.example.org"),
        ("ann@localhost.example.org", "ann@localhost.example.org"),
        ("ann@museum.host", "ann@museum.host"),
        ("ann@1and1.nl", "ann@1and1.nl"),
        ("ann@straße.de", "ann@straße.de"),
        ("ann@STRASSE.de", "ann@STRASSE.de"),
        ("ann@Bücher.example", "ann@bücher.example"),
        ("ann@xn--bcher-kva.example", "ann@bücher.example"),
        ("ann@例え.テスト", "ann@例え.テスト"),
        ("émil@exämple.nl", "émil@exämple.nl"),
    ],
)
def test_people_are_taken_wherever_they_live(typed: str, kept: str) -> None:
    assert clean_address(typed) == kept


def test_a_domain_in_another_script_is_written_as_the_standard_says() -> None:
    assert ascii_domain("straße.de") == "xn--strae-oqa.de"  # not strasse.de, which is somebody else's
    assert ascii_domain("faß.example") == "xn--fa-hia.example"
    assert address("ann@straße.de", name="").addr_spec == "ann@xn--strae-oqa.de"


def test_a_setting_allows_domains_of_ones_own_network(settings: Any) -> None:
    settings.HUB_NEWSLETTERS = settings.HUB_NEWSLETTERS | {"LOCAL_DOMAINS": ["localhost", "corp.lan"]}
    for typed in ("root@localhost", "ann@corp.lan", "ann@mail.corp.lan"):
        assert clean_address(typed) == typed
    for typed in ("ann@notcorp.lan", "ann@other.lan", "x@[127.0.0.1]", "ann@mail"):
        with pytest.raises(ValidationError):
            clean_address(typed)


def test_the_public_forms_send_nothing_into_the_network(hub: Hub, mailoutbox: Any) -> None:
    """The page and the API answer as they do to any text that is not an address, and store nothing."""
    page = reverse("newsletters:sign-up", args=[hub.newsletter.slug, "en"])
    form = {"email": "root@localhost", "language": "en", "themes": [hub.themes["data"].pk]}
    assert "Enter a valid email address." in Client().post(page, form).content.decode()
    body = {"email": "root@localhost", "language": "en", "themes": ["data"]}
    api = f"/api/v1/newsletters/{hub.newsletter.slug}/subscriptions"
    assert Client().post(api, body, content_type="application/json").status_code == 422
    assert not Subscriber.objects.exists()
    assert not mailoutbox


def test_staff_cannot_invite_or_test_into_the_network(hub: Hub, mailoutbox: Any) -> None:
    client = Client()
    client.force_login(hub.users["administrator"])
    invited = {
        "email": "x@[10.0.0.5]",
        "newsletter": hub.newsletter.pk,
        "language": hub.locales["en"].pk,
        "themes": [hub.themes["data"].pk],
    }
    assert "Enter a valid email address." in client.post(reverse("subscriptions:add"), invited).content.decode()
    test = reverse("newsletters_admin:test", args=[hub.issue.pk])
    tested = client.post(test, {"addresses": "root@localhost, ann@example.org", "edition": "en"}).content.decode()
    assert "Enter a valid email address." in tested
    assert not mailoutbox
    assert not Subscription.objects.exists()


@pytest.mark.parametrize("name", ["sender_email", "reply_to"])
def test_a_newsletter_has_no_local_sender(hub: Hub, name: str) -> None:
    newsletter = Newsletter.objects.get(pk=hub.newsletter.pk)
    setattr(newsletter, name, "letter@localhost")
    with pytest.raises(ValidationError) as refused:
        newsletter.full_clean()
    assert list(refused.value.message_dict) == [name]
    newsletter.save()  # as an old address may be in the database
    found = check_issue(hub.draft(), newsletter=newsletter, now=hub.now).errors
    assert {"sender_email": "sender-email", "reply_to": "reply-to"}[name] in {finding.code for finding in found}


def test_headers_name_the_senders_domain_in_ascii(hub: Hub) -> None:
    hub.newsletter.sender_email = "letter@straße.example"
    assert hub.newsletter.list_id == "letter.xn--strae-oqa.example"
