"""What readers do with their subscriptions from the first form to the last, over HTTP and SMTP, in both languages."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from email.message import EmailMessage
from typing import Any, TypeVar
from urllib.request import Request, urlopen

import pytest
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext

from demo.inbox import Inbox
from newsletters.audience.tasks import start_answers, start_welcomes
from newsletters.models import (
    ConsentEvent,
    Delivery,
    Newsletter,
    NewsletterPage,
    NewsletterText,
    Subscriber,
    Subscription,
)
from newsletters.sending.tasks import start_workers
from tests.acceptance.dumping import dump
from tests.acceptance.test_issue_journey import inbox, work  # noqa: F401 - a fixture
from tests.acceptance.test_sending_journey import TURN, one_at_a_time  # noqa: F401 - a fixture
from tests.acceptance.test_subscription_journey import later
from tests.acceptance.visitors import NOTHING, Phone, PlainClient, Visitor
from tests.conftest import add_page
from tests.newsletters.building import Hub, build_hub

pytestmark = pytest.mark.django_db(transaction=True)  # the worker closes its connections

TITLES = {"en": "The Letter", "nl": "De Brief"}
OTHER_TITLES = {"en": "The Digest", "nl": "Het Overzicht"}
THEMES = {"en": {"data": "Data", "power": "Civic power"}, "nl": {"data": "Gegevens", "power": "Burgerkracht"}}
STORIES = {"en": "Open data for all", "nl": "Open data voor iedereen"}
Found = TypeVar("Found")
OLD, NEW = "wilhelmina@example.org", "mina.new@example.net"
ANN = "ann@elsewhere.example"  # gets the newsletter all the time


@dataclass(kw_only=True)
class Reader:
    """Somebody with a mailbox, and a way to look at pages."""

    visitor: Visitor
    hub: Hub
    inbox: Inbox
    language: str
    url: str
    own_page: str = ""

    def say(self, words: str, **values: str) -> str:
        """Return the page's words in the reader's language."""
        with translation.override(self.language):
            found = gettext(words)
        assert self.language == "en" or found != words, f"“{words}” is not translated"
        return found % values

    def sees(self, words: str, **values: str) -> None:
        assert self.say(words, **values) in self.visitor.words()
        assert self.visitor.language() == self.language

    def press(
        self, button: str, *, filled: Mapping[str, str] = NOTHING, ticked: Collection[str] = (), **values: str
    ) -> None:
        self.visitor.press(self.say(button, **values), filled=filled, ticked=ticked)

    def follow(self, link: str, **values: str) -> None:
        self.visitor.follow(self.say(link, **values))

    def newest_mail(self, address: str) -> EmailMessage:
        """Let the clock and a worker do what is due, and return the newest mail to this address."""
        with TURN:
            start_answers()
            start_welcomes()
            work()
        key = next(mail.key for mail in self.inbox.mails() if address in mail.recipient)
        mail = self.inbox.get(key)
        assert mail is not None
        return mail

    def open_mail(self, subject: str, address: str, *, path: str, title: str = "") -> None:
        """Open the link of the newest mail to this address that leads to this kind of page."""
        mail = self.newest_mail(address)
        assert mail["Subject"] == self.say(subject, newsletter=title or TITLES[self.language])
        text, html = (mail.get_body((kind,)) for kind in ("plain", "html"))
        assert text is not None
        assert html is not None
        assert f'lang="{self.language}"' in html.get_content()
        (link,) = set(re.findall(rf"{self.url}/n/{path}/[\w:./-]+", text.get_content()))
        assert link in html.get_content()
        self.visitor.open(link)
        if path == "m":
            self.own_page = link


@pytest.fixture
def hub(transactional_db: None) -> Hub:
    hub = build_hub()
    sender = {"sender_name": "Innovation Hub", "sender_email": "digest@hub.test", "reply_to": "answers@hub.test"}
    digest = Newsletter(name="The Digest", slug="digest", postal_address="Ellermanstraat 18", **sender)
    digest.texts.set(
        NewsletterText(locale=hub.locales[code], title=title, consent_wording=f"{title}!", privacy_link="/privacy")
        for code, title in OTHER_TITLES.items()
    )
    digest.save()
    add_page(hub.page.get_parent(), NewsletterPage(title="The digest", slug="digest", newsletter=digest))
    hub.subscribe("ann", domain="elsewhere.example")
    return hub


@pytest.fixture
def address(live_server: Any, settings: Any) -> str:
    """The address of the site, which stands in the mails, too."""
    settings.HUB_NEWSLETTERS = settings.HUB_NEWSLETTERS | {"PUBLIC_URL": live_server.url}
    return str(live_server.url)


@pytest.fixture(params=[pytest.param("browser", marks=pytest.mark.browser), "plain client"])
def visitor(request: pytest.FixtureRequest, language: str) -> Visitor:
    if request.param == "browser":
        return Phone(request.getfixturevalue("browser"), language=language)
    return PlainClient(language=language)


@pytest.mark.parametrize("language", ["en", "nl"])
def test_a_reader_from_joining_to_being_erased(
    hub: Hub,
    address: str,
    inbox: Inbox,  # noqa: F811
    visitor: Visitor,
    language: str,
) -> None:
    reader = Reader(visitor=visitor, hub=hub, inbox=inbox, language=language, url=address)
    join(reader)
    confirm(reader)
    choose(reader)
    ask_for_the_link(reader)
    pause_and_go_on(reader)
    join_another(reader)
    change_the_address_and_undo_it(reader)
    leave_both(reader)
    come_back(reader)
    get_the_data(reader)
    erase(reader)


def join(reader: Reader) -> None:
    """The form says what is wrong, ticks no theme, and asks for nothing but an address."""
    reader.visitor.open(f"{reader.url}/n/s/letter/{reader.language}")
    reader.sees("Privacy statement")
    reader.press("Subscribe")
    reader.sees("Error")
    reader.sees("Choose at least one theme.")
    chosen = THEMES[reader.language]["data"]
    reader.press("Subscribe", filled={"email": OLD, "first_name": "Wilhelmina"}, ticked=[chosen])
    reader.sees("We have sent a mail to this address. Open the link in it to go on.")
    assert stored(addresses) == []


def confirm(reader: Reader) -> None:
    reader.open_mail("Please confirm: %(newsletter)s", OLD, path="c")
    reader.sees("Send “%(newsletter)s” to %(email)s?", newsletter=TITLES[reader.language], email=OLD)
    assert stored(addresses) == []
    reader.press("Yes, confirm")
    reader.sees("You will get the next issue of “%(newsletter)s”.", newsletter=TITLES[reader.language])


def choose(reader: Reader) -> None:
    """The welcome mail leads to the choices, which are told in the language that is chosen there."""
    reader.open_mail("Welcome: %(newsletter)s", OLD, path="p")
    assert OLD not in reader.visitor.words()  # the mail may have been forwarded
    own, other = reader.language, "nl" if reader.language == "en" else "en"
    names = THEMES[own]
    with translation.override(own):
        other_name = str(reader.hub.locales[other].get_display_name())
    reader.press("Save", ticked=[names["power"], other_name])
    reader.language = other
    reader.sees("Saved. Your choices apply from the next issue on.")
    assert stored(lambda: Subscription.objects.get(subscriber__email=OLD).theme_set.key) == "data power"
    with translation.override(other):
        own_name = str(reader.hub.locales[own].get_display_name())
    reader.press("Save", ticked=[own_name])
    reader.language = own
    reader.sees("Saved. Your choices apply from the next issue on.")


def ask_for_the_link(reader: Reader) -> None:
    reader.press("Mail me my link")
    reader.sees("Check your inbox")
    reader.open_mail("Your link: %(newsletter)s", OLD, path="m")
    reader.sees("For %(email)s.", email=OLD)


def pause_and_go_on(reader: Reader) -> None:
    until = timezone.localdate() + timedelta(days=30)
    reader.press("Pause")
    reader.sees("Error")
    reader.press("Pause", filled={"until": f"{until}"})
    with translation.override(reader.language):
        day = date_format(until, "DATE_FORMAT")
    reader.sees("You do not get “%(title)s” until %(until)s.", title=TITLES[reader.language], until=day)
    assert send_the_issue(reader, "Data for a while") == [ANN]
    reader.visitor.open(reader.own_page)
    reader.press("Send me mail again")
    reader.sees("Saved.")


def join_another(reader: Reader) -> None:
    title = OTHER_TITLES[reader.language]
    assert f"{title}!" in reader.visitor.words()  # what the button agrees to
    reader.press("Subscribe to “%(title)s”", title=title)
    reader.sees("Saved.")
    reader.sees("Unsubscribe from “%(title)s”", title=title)


def change_the_address_and_undo_it(reader: Reader) -> None:
    """The new address has to be confirmed; the old one hears of it, and takes it back."""
    reader.press("Change my address", filled={"email": NEW})
    reader.sees("Check your new inbox")
    assert stored(addresses) == [OLD]
    reader.open_mail("Please confirm your new address: %(newsletter)s", NEW, path="a")  # as the first newsletter
    reader.press("Yes, confirm")
    reader.sees("Your newsletters go to %(email)s from now on.", email=NEW)
    assert stored(addresses) == [NEW]
    reader.open_mail("Your address was changed: %(newsletter)s", OLD, path="r")
    reader.press("Yes, undo it")
    reader.sees("Your newsletters go to %(email)s from now on.", email=OLD)
    assert stored(addresses) == [OLD]


def leave_both(reader: Reader) -> None:
    """One newsletter ends by its page, the other by the button that mail programs show (RFC 8058)."""
    with TURN:
        later(days=1)
    reader.visitor.open(f"{reader.url}/n/l/letter/{reader.language}")
    reader.press("Mail me my link", filled={"email": OLD})
    reader.open_mail("Your link: %(newsletter)s", OLD, path="m")
    reader.follow("Unsubscribe from “%(title)s”", title=OTHER_TITLES[reader.language])
    assert OLD not in reader.visitor.words()
    reader.press("Yes, unsubscribe me")
    reader.sees("You are unsubscribed")

    assert send_the_issue(reader, "Data again") == [ANN, OLD]
    mail = reader.newest_mail(OLD)
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    (link,) = re.findall(rf"<({reader.url}/n/u/[\w.-]+)>", mail["List-Unsubscribe"])
    with urlopen(Request(link, b"List-Unsubscribe=One-Click")) as answer:
        assert answer.status == 200
    assert stored(states) == {"ended"}
    reader.visitor.open(link)
    reader.press("Yes, unsubscribe me")  # again, and the answer is the same
    reader.sees("You are unsubscribed")


def come_back(reader: Reader) -> None:
    """Who has left comes back by the form and a mail, as at first."""
    with TURN:
        later(days=1)
    reader.follow("That was a mistake: let me subscribe again")
    reader.press("Subscribe", filled={"email": OLD}, ticked=[THEMES[reader.language]["data"]])
    assert stored(states) == {"ended"}
    reader.open_mail("Please confirm: %(newsletter)s", OLD, path="c")
    reader.press("Yes, confirm")
    reader.sees("Welcome")
    assert stored(states) == {"active", "ended"}
    assert stored(ConsentEvent.objects.filter(kind="returned").count) == 1
    reader.open_mail("Welcome: %(newsletter)s", OLD, path="i")  # with the last issue to read
    assert STORIES[reader.language] in reader.visitor.words()


def get_the_data(reader: Reader) -> None:
    with TURN:
        later(days=1)
    reader.open_mail("Welcome: %(newsletter)s", OLD, path="p")
    reader.press("Mail me my link")
    reader.open_mail("Your link: %(newsletter)s", OLD, path="m")
    with urlopen(f"{reader.own_page}?show=data&form=json") as answer:
        data = json.load(answer)
    assert data["email"] == OLD
    assert len(data["subscriptions"]) == 2
    reader.follow("See everything that we keep about you")
    reader.sees("What we keep about %(email)s", email=OLD)
    reader.sees("What was agreed to")


def erase(reader: Reader) -> None:
    """After the button, the database holds neither the address nor the name, in whatever table."""
    for word in ("wilhelmina", "example.org", "mina.new"):
        assert word in stored(dump).lower()
    reader.visitor.open(reader.own_page)
    reader.follow("Erase everything about you")
    reader.sees("Erase everything about you")
    reader.press("Yes, erase everything about me")
    reader.sees("You are erased")
    left = stored(dump).lower()
    assert [word for word in ("wilhelmina", "example.org", "mina.new", "example.net") if word in left] == []
    reader.visitor.open(reader.own_page)
    reader.sees("This link does not work")


def send_the_issue(reader: Reader, title: str) -> list[str]:
    """Send one more issue of the first newsletter, and return who got it."""
    with TURN:
        dispatch = reader.hub.send_one_more(title)
        start_workers(dispatch)
        work()
        accepted = dispatch.deliveries.filter(status=Delivery.Status.ACCEPTED)
        return sorted(accepted.values_list("subscription__subscriber__email", flat=True))


def addresses() -> list[str]:
    return list(Subscriber.objects.exclude(email=ANN).values_list("email", flat=True))


def states() -> set[str]:
    return set(Subscription.objects.filter(subscriber__email=OLD).values_list("status", flat=True))


def stored(read: Callable[[], Found]) -> Found:
    """Read from the database while no page does."""
    with TURN:
        return read()
