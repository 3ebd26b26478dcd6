"""Every page of the audience for readers and staff: in both languages, light and dark, on a phone and on a desk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext
from wagtail.users.models import UserProfile

from newsletters.audience.actions.change_address import confirm_address_change, request_address_change
from newsletters.audience.actions.pause_subscriptions import pause_subscriptions
from newsletters.audience.address_tokens import AddressPurpose, make_address_token
from newsletters.audience.confirmation_tokens import make_confirmation_token
from newsletters.audience.person_tokens import make_person_token
from newsletters.audience.staff_actions.suppress_subscriber import suppress_subscriber
from newsletters.models import ApiKey, BulkChange, OwnField, PersonNote, ReaderImport, Segment, SignUp, Subscription
from newsletters.values.personal_links import PersonalLinks
from tests.acceptance.axe import judge_by_axe
from tests.acceptance.test_import_journey import MEMBERS
from tests.acceptance.test_public_pages import axe  # noqa: F401 - a fixture
from tests.acceptance.test_sending_journey import TURN, one_at_a_time  # noqa: F401 - a fixture
from tests.acceptance.visitors import PHONE, TOO_WIDE, Phone
from tests.newsletters.audience.imports.importing import Importer
from tests.newsletters.audience.test_bulk_undo import start, work
from tests.newsletters.audience.test_public import question_url
from tests.newsletters.building import Hub, build_hub

pytestmark = [pytest.mark.browser, pytest.mark.node, pytest.mark.django_db(transaction=True)]

DESK = {"width": 1280, "height": 900, "deviceScaleFactor": 1, "mobile": False}
# Of readers' pages every two of language, scheme and width; of staff's each, and Dutch, which is longer, on a phone.
READERS_LOOKS = {"en": [("light", DESK), ("dark", PHONE)], "nl": [("light", PHONE), ("dark", DESK)]}
STAFF_LOOKS = {"en": [("light", DESK)], "nl": [("dark", PHONE)]}
# Buttons take a moment to change their colours, and what axe-core sees in between is nobody's choice.
NOTHING_MOVES = """
const still = new CSSStyleSheet();
still.replaceSync(`*, *::before, *::after {
  animation: none !important; scroll-behavior: auto !important; transition: none !important;
}`);
document.adoptedStyleSheets = [...document.adoptedStyleSheets, still];
"""
IS_AT_A_FIELD = "return document.activeElement.matches('input, select, textarea')"
Status = Subscription.Status
Look = tuple[str, dict[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Step:
    """A page, and the button to press there, if any; what comes then is judged."""

    path: str
    button: str = ""
    filled: Mapping[str, str] = field(default_factory=dict)
    ticked: tuple[str, ...] = ()
    is_error: bool = False


class Judge:
    """A browser that looks at pages in one language, and collects what is wrong with them."""

    def __init__(self, browser: Any, script: str, *, url: str, language: str, looks: dict[str, list[Look]]) -> None:
        self.browser, self.axe, self.url, self.language, self.looks = browser, script, url, language, looks[language]
        self.phone = Phone(browser, language=language)
        self.faults: list[Any] = []
        browser.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": NOTHING_MOVES})

    def look_at(self, *steps: Step) -> None:
        for step in steps:
            self.phone.open(self.url + step.path)
            if step.button:
                self.phone.press(self._say(step.button), filled=step.filled, ticked=step.ticked)
            where = f"{step.path} {step.button}"
            if self.phone.language() != self.language:
                self.faults.append((where, "is in another language"))
            if step.is_error and not self._says_so():
                self.faults.append((where, "does not say that there is an error"))
            for scheme, size in self.looks:
                self._judge(where, scheme, size)

    def _say(self, words: str) -> str:
        with translation.override(self.language):
            return gettext(words)

    def _says_so(self) -> bool:
        starts = self.browser.title.startswith(f"{self._say('Error')}: ")
        return starts and bool(self.browser.execute_script(IS_AT_A_FIELD))

    def _judge(self, where: str, scheme: str, size: dict[str, Any]) -> None:
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
        self.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        if found := judge_by_axe(self.browser, self.axe):
            self.faults.append((where, scheme, size["width"], found))
        if self.browser.execute_script(TOO_WIDE):
            self.faults.append((where, scheme, size["width"], "is too wide"))


@pytest.fixture
def hub(transactional_db: None) -> Hub:
    return build_hub()


@pytest.mark.parametrize("language", READERS_LOOKS)
def test_readers_can_use_every_page(
    hub: Hub,
    live_server: Any,
    browser: Any,
    axe: str,  # noqa: F811
    settings: Any,
    language: str,
) -> None:
    judge = Judge(browser, axe, url=live_server.url, language=language, looks=READERS_LOOKS)
    judge.look_at(*pages_to_join(language))
    with TURN:
        asked = hub.ask("eva", language=language)
    confirming = reverse("newsletters:confirm", args=[make_confirmation_token(sign_up_pk=asked.pk)])
    before = settings.HUB_NEWSLETTERS
    settings.HUB_NEWSLETTERS = before | {"CONFIRM_WITHIN_DAYS": -1}
    judge.look_at(Step(path=confirming), Step(path=confirming, button="Send me a new link"))
    settings.HUB_NEWSLETTERS = before
    judge.look_at(
        Step(path=confirming),
        Step(path=confirming, button="Yes, confirm"),
        Step(path=confirming.replace("/c/", "/c/x")),
    )
    with TURN:
        SignUp.objects.update(status=SignUp.Status.CLOSED)
    judge.look_at(Step(path=confirming, button="Yes, confirm"))
    with TURN:
        (ann,) = hub.subscribe("ann", language=language)
        (bob,) = hub.subscribe("bob", language=language, status=Status.BOUNCED)
    judge.look_at(*pages_to_change_the_address(ann))
    judge.look_at(
        *pages_of_a_person(bob), *pages_of_a_person(ann), *pages_of_a_subscription(ann), *pages_at_the_end(ann)
    )
    with TURN:
        wanted, unwanted = (question_url(*hub.subscribe(name, language=language)) for name in ("dan", "fay"))
    judge.look_at(
        Step(path=wanted),
        Step(path=wanted, button="Yes, keep sending it"),
        Step(path=unwanted, button="No, unsubscribe me"),
        Step(path=wanted.replace("/q/", "/q/x")),
    )
    settings.HUB_NEWSLETTERS = before | {"SIGN_UPS_PER_HOUR": 0}
    judge.look_at(Step(path=f"/n/l/letter/{language}", button="Mail me my link"))
    assert judge.faults == []


def pages_to_join(language: str) -> list[Step]:
    joining, linking = f"/n/s/letter/{language}", f"/n/l/letter/{language}"
    theme = {"en": "Data", "nl": "Gegevens"}[language]
    return [
        Step(path=joining),
        Step(path=joining, button="Subscribe", is_error=True),
        Step(path=joining, button="Subscribe", filled={"email": "eva@example.org"}, ticked=(theme,)),
        Step(path=linking),
        Step(path=linking, button="Mail me my link", is_error=True),
        Step(path=linking, button="Mail me my link", filled={"email": "eva@example.org"}),
        Step(path=f"/n/t/{language}"),
    ]


def pages_to_change_the_address(subscription: Subscription) -> list[Step]:
    """Return the pages of a change that is asked for, and of one that was made; the first of them is refused."""
    person = subscription.subscriber
    where: Any = {"newsletter": subscription.newsletter, "locale": subscription.locale, "now": timezone.now()}
    with TURN:
        first, second = (request_address_change(person, email=f"{n}@example.net", **where) for n in ("x", "y"))
        confirm_address_change(second, now=timezone.now())
        notice = SignUp.objects.get(kind=SignUp.Kind.UNDO)
    closed, made = (
        reverse("newsletters:confirm-address", args=[make_address_token(AddressPurpose.CONFIRM, sign_up_pk=asked.pk)])
        for asked in (first, second)
    )
    token = make_address_token(AddressPurpose.UNDO, sign_up_pk=notice.pk)
    undoing = reverse("newsletters:undo-address", args=[token])
    return [
        Step(path=made),
        Step(path=made, button="Yes, confirm"),
        Step(path=closed, button="Yes, confirm"),
        Step(path=undoing),
        Step(path=undoing, button="Yes, undo it"),
        Step(path=undoing.replace("/r/", "/r/x")),
    ]


def pages_of_a_subscription(subscription: Subscription) -> list[Step]:
    links = PersonalLinks.of(subscription.pk)
    choosing, leaving = (url.partition("/n/")[2] for url in (links.preferences, links.unsubscribe))
    theme = {"en": "Data", "nl": "Gegevens"}[subscription.locale.language_code]
    return [
        Step(path=f"/n/{choosing}"),
        Step(path=f"/n/{choosing}", button="Save"),
        Step(path=f"/n/{choosing}", button="Save", ticked=(theme,), is_error=True),
        Step(path=f"/n/{choosing}", button="Mail me my link"),
        Step(path=f"/n/{leaving}"),
        Step(path=f"/n/{leaving}", button="Yes, unsubscribe me"),
        Step(path=f"/n/{choosing}"),
    ]


def pages_of_a_person(subscription: Subscription) -> list[Step]:
    own = own_page(subscription)
    until = f"{timezone.localdate() + timedelta(days=9)}"
    pausing = [
        Step(path=own, button="Pause", filled={"until": "2000-01-01"}, is_error=True),
        Step(path=own, button="Pause", filled={"until": until}),
    ]
    return [
        Step(path=own),
        *(pausing if subscription.status == Status.ACTIVE else []),
        Step(path=own, button="Save", filled={"first_name": "Annabel " * 9}),
        Step(path=own, button="Change my address", is_error=True),
        Step(path=own, button="Change my address", filled={"email": "z@example.net"}),
        Step(path=f"{own}?show=data"),
    ]


def pages_at_the_end(subscription: Subscription) -> list[Step]:
    """Return the pages of somebody who gets nothing any more, and is erased."""
    own = own_page(subscription)
    return [
        Step(path=own),
        Step(path=f"{own}?show=erase"),
        Step(path=f"{own}?show=erase", button="Yes, erase everything about me"),
    ]


def own_page(subscription: Subscription) -> str:
    return reverse("newsletters:person", args=[make_person_token(subscriber_pk=subscription.subscriber_id)])


@pytest.mark.parametrize("language", STAFF_LOOKS)
def test_staff_can_use_every_page(
    hub: Hub,
    live_server: Any,
    browser: Any,
    axe: str,  # noqa: F811
    language: str,
) -> None:
    client = Client()
    with TURN:
        UserProfile.objects.create(user=hub.users["administrator"], preferred_language=language)
        client.force_login(hub.users["administrator"])
    judge = Judge(browser, axe, url=live_server.url, language=language, looks=STAFF_LOOKS)
    judge.phone.open(f"{live_server.url}/admin/login/")
    browser.add_cookie({"name": "sessionid", "value": client.cookies["sessionid"].value})
    judge.look_at(*pages_without_readers())
    with TURN:
        importing = pages_of_imports(Importer(hub, client))
        settings = [*pages_of_own_fields(), *pages_of_keys(hub)]
        steps = [*settings, *pages_of_readers(hub), *pages_of_segments(hub), *importing]
    judge.look_at(*steps)
    assert judge.faults == []


def pages_without_readers() -> list[Step]:
    names = ("subscriptions:index", "sign_ups:index", "segments:index")
    own = ("imports", "numbers", "privacy")
    addresses = [*map(reverse, names), *(reverse(f"newsletters_admin:{name}") for name in own)]
    return [Step(path=address) for address in addresses]


def pages_of_readers(hub: Hub) -> list[Step]:
    (ann,) = hub.subscribe("ann")
    (bob,) = hub.subscribe("bob", status=Status.BOUNCED)
    (cem,) = hub.subscribe("cem", language="nl", themes=["data", "power", "climate"])
    hub.subscribe("dee")
    hub.ask("eva")
    hub.send()
    PersonNote.objects.create(subscriber=ann.subscriber, text="Called about the meeting.", at=hub.now)
    pause_subscriptions(ann.subscriber, until=timezone.localdate() + timedelta(days=9), now=hub.now)
    suppress_subscriber(cem.subscriber, user=hub.users["administrator"], now=hub.now)
    change = work(start(hub, BulkChange.Act.END, people=1, words="dee"))
    readers, invite = reverse("subscriptions:index"), reverse("subscriptions:add")
    bulk, suppressed, export = (reverse(f"newsletters_admin:{name}") for name in ("bulk", "suppressed", "export"))
    asked = {"email": ann.subscriber.email}
    return [
        Step(path=readers),
        *(Step(path=f"{readers}?{query}") for query in ("q=nobody", "q=eva", "state=bounced&since=never")),
        Step(path=invite),
        Step(path=invite, button="Send the confirmation mail"),
        *(Step(path=_admin("reader", each.subscriber_id)) for each in (ann, bob, cem)),
        Step(path=_admin("reader", ann.subscriber_id), button="Keep the note"),
        *(Step(path=_admin(name, ann.pk)) for name in ("change", "end_subscription")),
        Step(path=_admin("change", ann.pk), button="Save"),
        Step(path=_admin("restore", bob.pk)),
        Step(path=_admin("restore", bob.pk), button="Send to them again"),
        *(Step(path=_admin(name, ann.subscriber_id)) for name in ("suppress", "erase_subscriber")),
        Step(path=suppressed),
        Step(path=suppressed, button="Look it up", filled=asked),
        *(Step(path=f"{bulk}?do={act}&all=1") for act in BulkChange.Act.values),
        Step(path=f"{bulk}?do=erase&all=1", button="Yes, erase them", filled={"number": "99"}),
        Step(path=_admin("bulk_change", change.pk)),
        Step(path=_admin("bulk_change", change.pk), button="Undo this change"),
        Step(path=export),
        Step(path=export, button="Export"),
        Step(path=reverse("sign_ups:index")),
        Step(path=f"{reverse('sign_ups:index')}?q=nobody"),
        *(Step(path=reverse(f"newsletters_admin:{name}")) for name in ("numbers", "privacy")),
    ]


def pages_of_own_fields() -> list[Step]:
    own_field = OwnField.objects.create(key="organisation")
    adding = reverse("own_fields:add")
    edit, delete = (reverse(f"own_fields:{name}", args=[own_field.pk]) for name in ("edit", "delete"))
    return [
        Step(path=reverse("own_fields:index")),
        Step(path=adding),
        Step(path=adding, button="Create"),
        *(Step(path=each) for each in (edit, delete)),
    ]


def pages_of_keys(hub: Hub) -> list[Step]:
    api_key = ApiKey.objects.create(name="CRM", may_read=True, created_by=hub.users["administrator"])
    api_key.newsletters.add(hub.newsletter)
    adding = reverse("api_keys:add")
    edit, make, revoke = (reverse(f"api_keys:{name}", args=[api_key.pk]) for name in ("edit", "make", "revoke"))
    return [
        Step(path=reverse("api_keys:index")),
        Step(path=adding),
        Step(path=adding, button="Create"),
        *(Step(path=each) for each in (edit, revoke, make)),
        Step(path=make, button="Make the key and show it once"),
        *(Step(path=each) for each in (edit, make)),
        Step(path=revoke, button="Yes, revoke the key"),
        *(Step(path=each) for each in (make, revoke)),
    ]


def pages_of_segments(hub: Hub) -> list[Step]:
    conditions = [{"kind": "language", "values": {"languages": ["nl"]}}]
    dutch = Segment.objects.create(newsletter=hub.newsletter, name="Dutch", conditions=conditions)
    used = Segment.objects.create(newsletter=hub.newsletter, name="Everybody else", conditions=conditions)
    hub.compose_one_more("More data")
    issue = hub.draft()
    issue.send_to = used
    issue.save_revision()
    adding = reverse("segments:add", args=[hub.newsletter.pk])
    return [
        Step(path=reverse("segments:index")),
        Step(path=adding),
        Step(path=adding, button="Save"),
        Step(path=adding, button="Add this condition"),
        *(Step(path=reverse("segments:edit", args=[each.pk])) for each in (dutch, used)),
        *(Step(path=reverse("segments:delete", args=[each.pk])) for each in (dutch, used)),
    ]


def pages_of_imports(importer: Importer) -> list[Step]:
    """Return the pages of a file at each stage; the form of its columns is also sent without a ground."""
    uploaded, checked, done = importer.upload(MEMBERS), importer.try_out(MEMBERS), importer.run(MEMBERS)
    at_work, failed = importer.try_out(MEMBERS), importer.try_out(MEMBERS)
    ReaderImport.objects.filter(pk=at_work.pk).update(status=ReaderImport.Status.RUNNING)
    ReaderImport.objects.filter(pk=failed.pk).update(status=ReaderImport.Status.FAILED, problem="It went wrong.")
    pages = [importer.page(made) for made in (uploaded, checked, done, at_work, failed)]
    return [
        Step(path=reverse("newsletters_admin:imports")),
        Step(path=reverse("newsletters_admin:imports"), button="Upload"),
        *(Step(path=page) for page in pages),
        Step(path=pages[0], button="Try it out"),
        Step(path=_admin("undo_import", done.pk)),
    ]


def _admin(name: str, pk: int) -> str:
    return reverse(f"newsletters_admin:{name}", args=[pk])
