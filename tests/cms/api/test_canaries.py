"""Nothing that is not public appears in what the public gets: each hidden thing contains a unique word."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.files.base import ContentFile
from django.utils import timezone
from wagtail.contrib.redirects.models import Redirect
from wagtail.documents.models import Document
from wagtail.models import Collection, CollectionViewRestriction, Page, PageViewRestriction, Site

from cms.models import HomePage, RolePage
from cms.pictures.renditions import make_renditions
from cms.previews import start_preview
from newsletters.models import (
    Dispatch,
    Edition,
    IssuePage,
    Newsletter,
    NewsletterPage,
    NewsletterText,
    Subscriber,
    Subscription,
    ThemeSet,
)
from tests.conftest import add_page
from themes.models import ActivityPage, ArticlePage

CANARIES = (
    *("draftcanary", "scheduledcanary", "expiredcanary", "restrictedcanary", "behindcanary", "othersitecanary"),
    *("innersitecanary", "personcanary", "privateimagecanary", "privatedocumentcanary", "subcollectioncanary"),
)


@pytest.fixture
def hidden_pages(make_article: Any, home_en: Any, theme_page: Any) -> dict[str, Page]:
    """One page of each sort that the public may not see; all are tagged, in menus, and have the same words."""
    now = timezone.now()
    restricted = make_article("restrictedcanary")
    login = make_article("gate", title="restrictedcanary gate")
    other = add_page(Page.objects.get(depth=1), HomePage(title="othersitecanary home", slug="other"))
    inner = add_page(home_en, RolePage(title="innersitecanary", slug="innersitecanary", show_in_menus=True))
    times = {"starts_at": now, "ends_at": now + timedelta(days=1)}
    hidden_event = ActivityPage(title="draftcanary day", slug="draftcanary-day", **times)
    expired_event = ActivityPage(title="expiredcanary day", slug="expiredcanary-day", expire_at=now, **times)
    pages = {
        "draft event": add_page(theme_page, hidden_event, live=False),
        "expired event": add_page(theme_page, expired_event),
        "behind event": add_page(login, ActivityPage(title="behindcanary day", slug="behindcanary-day", **times)),
        "draft": make_article("draftcanary", live=False),
        "scheduled": make_article("scheduledcanary", live=False, go_live_at=now + timedelta(days=1)),
        "expired": make_article("expiredcanary", expire_at=now - timedelta(seconds=1)),
        "restricted": restricted,
        "gate": login,
        "behind": add_page(login, ArticlePage(title="behindcanary", slug="behindcanary")),
        "other": add_page(other, RolePage(title="othersitecanary", slug="othersitecanary")),
        "inner": inner,
    }
    PageViewRestriction.objects.create(page=restricted, restriction_type="password", password="x")
    groups = PageViewRestriction.objects.create(page=login, restriction_type="groups")
    groups.groups.add(Group.objects.create(name="Board"))
    Site.objects.create(hostname="other.test", root_page=other)
    Site.objects.create(hostname="inner.test", root_page=inner)
    for page in pages.values():
        page.tags.add("Hidden")
        page.summary = f"maps {page.title}"
        page.save()
    return pages


@pytest.fixture
def hidden_files(make_image: Any) -> dict[str, Any]:
    private = Collection.get_first_root_node().add_child(name="Private")
    inside = private.add_child(name="Inside")
    CollectionViewRestriction.objects.create(collection=private, restriction_type="login")

    def document(word: str, collection: Collection) -> Document:
        file = ContentFile(b"x", name=f"{word}.pdf")
        return Document.objects.create(title=word, file=file, collection=collection)

    image = make_image("privateimagecanary", description="privateimagecanary", collection=private)
    make_renditions(image=image)
    return {
        "image": image,
        "document": document("privatedocumentcanary", private),
        "inside": document("subcollectioncanary", inside),
    }


@pytest.fixture
def witness(make_article: Any, hidden_pages: dict[str, Page], hidden_files: dict[str, Any], site: Site) -> Page:
    """A public page that refers to everything hidden, in every way that a page can."""
    links = "".join(f'<a linktype="page" id="{page.pk}">words</a>' for page in hidden_pages.values())
    links += "".join(f'<a linktype="document" id="{hidden_files[key].pk}">words</a>' for key in ("document", "inside"))
    image = hidden_files["image"]
    embed = f'<embed embedtype="image" id="{image.pk}" format="left" alt="words"/>'
    body: list[tuple[str, Any]] = [("text", f"<p>{links}{embed}</p>"), ("related", list(hidden_pages.values()))]
    body += [("button", {"label": "Go", "page": page, "url": ""}) for page in hidden_pages.values()]
    body += [("document", {"document": hidden_files[key], "label": ""}) for key in ("document", "inside")]
    body += [("image", {"image": image, "alt": "", "caption": "words"})]
    page = make_article("witness", image=image, body=body)
    for name, each in hidden_pages.items():
        Redirect.add_redirect(f"/old-{name}", each, site=site)
    return page


@pytest.fixture
def hidden_letters(home_en: Any, locales: Any) -> Newsletter:
    """A newsletter with a sent issue behind a login and one that was cancelled, and a newsletter that is a draft."""
    now, restricted = timezone.now(), "restrictedcanary issue"
    letter = Newsletter.objects.create(name="Letter", slug="letter", sender_email="a@hub.test")
    secret = Newsletter.objects.create(name="draftcanary letter", slug="draftcanary", sender_email="b@hub.test")
    for each in letter, secret:
        NewsletterText.objects.create(newsletter=each, locale=locales["en"], title=each.name, consent_wording="I agree")
    page = add_page(home_en, NewsletterPage(title="Letter", slug="letter", newsletter=letter))
    add_page(home_en, NewsletterPage(title="draftcanary", slug="draftcanary", newsletter=secret), live=False)
    for number, (title, status) in enumerate({restricted: "finished", "draftcanary issue": "cancelled"}.items()):
        issue = IssuePage(title=title, slug=title.replace(" ", "-"), issue_date=now.date())
        page.add_child(instance=issue)
        sent = Dispatch.objects.create(
            issue=issue,
            newsletter=letter,
            key=f"k{number}",
            domain="hub.test",
            status=status,
            created_at=now,
            finished_at=now,
        )
        words = dict.fromkeys(("subject", "preheader", "title", "text"), title)
        Edition.objects.create(dispatch=sent, locale=locales["en"], html=f"<p class=paper>{title}</p>", **words)
        IssuePage.objects.filter(pk=issue.pk).update(live=status == "finished", first_published_at=now)
        if title == restricted:
            PageViewRestriction.objects.create(page=issue, restriction_type="login")
    person = Subscriber.objects.create(email="personcanary@example.org", first_name="Personcanary")
    Subscription.objects.create(
        subscriber=person,
        newsletter=letter,
        locale=locales["en"],
        theme_set=ThemeSet.of([]),
        status=Subscription.Status.ACTIVE,
        status_changed_at=now,
    )
    return letter


def public_addresses(witness: Page, hidden: dict[str, Page]) -> list[str]:
    api, parents = "/api/v1", {page.get_parent().pk for page in hidden.values()}
    return [
        f"{api}/pages?limit=100",
        f"{api}/pages?q=maps",
        f"{api}/pages?q=draftcanary",
        f"{api}/pages?tag=hidden",
        f"{api}/pages?type=article&order=title",
        *(f"{api}/pages?parent={pk}" for pk in parents),
        f"{api}/pages/{witness.pk}",
        *(f"{api}/pages/{page.pk}" for page in hidden.values()),
        *(f"{api}/resolve?path=/old-{name}" for name in hidden),
        *(f"{api}/resolve?path=/en/themes/data/{page.pk}" for page in hidden.values()),
        f"{api}/resolve?path={witness.url}",
        f"{api}/site",
        f"{api}/sitemap",
        *(f"{api}/feed.{form}{query}" for form in ("json", "rss", "atom", "ics") for query in ("", "?tag=hidden")),
        f"{api}/newsletters",
        *(f"{api}/newsletters/{slug}{rest}" for slug in ("letter", "draftcanary") for rest in ("", "/issues")),
        *(f"{api}/newsletters/letter/issues/{slug}" for slug in ("restrictedcanary-issue", "draftcanary-issue")),
        f"{api}/feed.rss?type=issue",
        f"{api}/pages?type=issue",
        f"{api}/pages?type=newsletter",
        f"{api}/openapi.json",
        f"{api}/docs",
        "/en/",
        "/en/themes/data/",
        witness.url,
        *(page.url for page in hidden.values() if page.url.startswith("/en/")),
    ]


def test_nothing_hidden_appears_in_public(
    client: Any, witness: Page, hidden_pages: dict[str, Page], hidden_letters: Newsletter, admin_user: Any
) -> None:
    for signed_in in (False, True):
        if signed_in:
            client.force_login(admin_user)  # what an editor may see is not what the API says to everybody
        for address in public_addresses(witness, hidden_pages):
            response = client.get(address)
            as_markdown = client.get(address, headers={"accept": "text/markdown"})
            for answer in (response, as_markdown):
                found = [word for word in CANARIES if word.encode() in answer.content.lower()]
                asked = word_in(address)
                assert not [word for word in found if word != asked], (address, signed_in)
            assert "canary" not in response.headers.get("Location", "")


def word_in(address: str) -> str:
    """Return the canary in the address itself: a list has its own address in `next`, and a problem may have it."""
    return next((word for word in CANARIES if word in address), "")


def test_the_canaries_are_looked_for_in_every_operation_that_reads(
    client: Any, witness: Page, hidden_pages: dict[str, Page]
) -> None:
    walked = [address.partition("?")[0] for address in public_addresses(witness, hidden_pages)]
    for path, operations in client.get("/api/v1/openapi.json").json()["paths"].items():
        pattern = re.sub(r"\{\w+\}", "[^/]+", path)
        is_walked = any(re.fullmatch(pattern, address) for address in walked)
        if "get" in operations and not operations["get"]["security"]:  # keys have their own tests
            assert is_walked or path == "/api/v1/preview/{token}", path  # which has its own test, too


def test_a_preview_shows_nothing_hidden_but_its_own_page(client: Any, witness: Page, admin_user: Any) -> None:
    witness.title = "Unsaved"
    token = start_preview(page=witness, user=admin_user, now=timezone.now())
    for signed_in in (False, True):
        if signed_in:
            client.force_login(admin_user)
        answer = client.get(f"/api/v1/preview/{token}")
        assert answer.json()["title"] == "Unsaved"
        assert not [word for word in CANARIES if word.encode() in answer.content]


def test_hidden_pages_are_as_absent_as_pages_that_never_were(client: Any, hidden_pages: dict[str, Page]) -> None:
    never = client.get("/api/v1/pages/999999").content
    for page in hidden_pages.values():
        response = client.get(f"/api/v1/pages/{page.pk}")
        assert (response.status_code, response.content) == (404, never)


def test_the_words_around_what_is_hidden_stay(client: Any, witness: Page) -> None:
    detail = client.get(f"/api/v1/pages/{witness.pk}").json()
    assert [block["type"] for block in detail["body"]] == ["text"]
    assert detail["body"][0]["html"].count("<a>words</a>") == 13
    assert "href" not in detail["body"][0]["html"]
    assert detail["image"] is None


def test_another_site_shows_its_own_pages_everywhere(
    client: Any, witness: Page, hidden_pages: dict[str, Page], hidden_letters: Newsletter, settings: Any
) -> None:
    settings.ALLOWED_HOSTS = ["other.test"]

    def ask(address: str) -> Any:
        return client.get(f"/api/v1/{address}", headers={"host": "other.test"})

    own = {"othersitecanary home", "othersitecanary"}
    assert {item["title"] for item in ask("pages").json()["items"]} == own
    assert {item["id"] for item in ask("sitemap").json()["items"]} == {
        hidden_pages["other"].pk,
        hidden_pages["other"].get_parent().pk,
    }
    assert ask("site").json()["navigation"][0]["home"]["title"] == "othersitecanary home"
    assert ask("resolve?path=/en/othersitecanary/").json()["page"]["title"] == "othersitecanary"
    assert ask("newsletters").json() == []
    others = ["resolve?path=/en/themes/data/witness/", f"pages/{witness.pk}", "newsletters/letter"]
    assert [ask(address).status_code for address in others] == [404] * 3
    for form in ("json", "rss", "atom", "ics"):
        assert b"witness" not in ask(f"feed.{form}").content.lower()
    assert ask(f"pages?parent={witness.get_parent().pk}").json()["count"] == 0
    assert ask("pages?q=words").json()["count"] == 0
