"""Team members: what they show of themselves, and those who have left."""

from __future__ import annotations

from typing import Any

import pytest
from bs4 import BeautifulSoup

from team.models import PersonLink, PersonPage
from tests.conftest import add_page
from tests.parts import element

pytestmark = pytest.mark.django_db

EMAIL, PHONE = "sam-canary@example.org", "+31 20 000 0000"


def told(client: Any, page: Any) -> dict[str, Any]:
    return client.get(f"/api/v1/pages/{page.pk}").json()


def thing(client: Any, page: Any) -> dict[str, Any]:
    return next(each for each in told(client, page)["seo"]["json_ld"]["@graph"] if each["@type"] == "Person")


@pytest.mark.parametrize("shows", [{"email"}, {"phone"}, {"email", "phone"}, set()])
def test_only_what_the_person_shows_leaves_the_admin(client: Any, person: Any, shows: set[str]) -> None:
    PersonPage.objects.update(
        email=EMAIL, phone=PHONE, shows_email="email" in shows, shows_phone="phone" in shows, summary="Hello"
    )
    found = told(client, person)
    assert (found["email"] == EMAIL, found["phone"] == PHONE) == ("email" in shows, "phone" in shows)
    everywhere = [
        str(found),
        *(
            client.get(address, headers={"accept": accept}).content.decode()
            for address in (person.url, "/en/team/", "/api/v1/pages?type=person", f"/api/v1/pages/{person.pk}")
            for accept in ("*/*", "text/markdown")
        ),
    ]
    assert any(EMAIL in text for text in everywhere) == ("email" in shows)
    assert any(PHONE in text for text in everywhere) == ("phone" in shows)


def test_nobody_is_found_by_an_address(client: Any, person: Any) -> None:
    person.email, person.phone = EMAIL, PHONE
    person.save_revision().publish()
    for word in ("canary", "000"):
        assert client.get(f"/api/v1/pages?q={word}").json()["count"] == 0


def test_a_former_member_stays_and_is_shown_as_such(client: Any, person: Any) -> None:
    former = PersonPage(title="Robin", slug="robin", function="Facilitator", is_former=True)
    add_page(person.get_parent(), former)
    for value, names in {"true": ["Robin"], "false": ["Sam"]}.items():
        assert [each["title"] for each in client.get(f"/api/v1/pages?former={value}").json()["items"]] == names
    assert told(client, former)["is_former"]
    assert "worksFor" not in thing(client, former)
    assert "alumniOf" in thing(client, former)
    assert "Former member of the team" in client.get(former.url).content.decode()
    soup = BeautifulSoup(client.get("/en/team/").content, "html.parser")
    shown = [
        (element(section, "h2").text, [link.text for link in section.select("h3 a")])
        for section in soup.select("section")
    ]
    assert shown == [("In the team", ["Sam"]), ("Former members", ["Robin"])]


def test_a_person_has_links(client: Any, person: Any) -> None:
    person.links.set([PersonLink(text="Sam on LinkedIn", url="https://www.linkedin.com/in/sam")])
    person.save()
    assert told(client, person)["links"] == [{"text": "Sam on LinkedIn", "url": "https://www.linkedin.com/in/sam"}]
    assert thing(client, person)["sameAs"] == ["https://www.linkedin.com/in/sam"]
    assert "Sam on LinkedIn" in client.get(person.url).content.decode()
