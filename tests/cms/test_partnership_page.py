"""The partnership page and the cross-cutting themes: in the API, in search, on plain pages, in the admin."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from wagtail.models import Locale, Page
from wagtail.users.models import UserProfile

from cms.admin.themed_pages import pages_with
from cms.content import site_tree
from cms.content.version import content_version
from cms.models import CrossCuttingTheme, CrossCuttingThemeName, HomePage, PartnershipPage
from cms.models.pages.partnership import AdvisoryMember, Programme
from tests.conftest import add_page
from tests.newsletters.filling_in import fields_of


@pytest.fixture
def make_cross_cutting(locales: dict[str, Locale]) -> Callable[..., CrossCuttingTheme]:
    def make(slug: str, **names: str) -> CrossCuttingTheme:
        theme = CrossCuttingTheme.objects.create(slug=slug, position=CrossCuttingTheme.objects.count())
        for code, name in (names or {"en": slug.title()}).items():
            CrossCuttingThemeName.objects.create(theme=theme, locale=locales[code], name=name)
        return theme

    return make


@pytest.fixture
def page(home_en: HomePage) -> PartnershipPage:
    page = PartnershipPage(
        title="Partnerships",
        slug="partnerships",
        open_to_members=True,
        open_to_public=True,
        joining_note="Come & see us.",
        how_the_agenda_is_set=f'<p>We <a linktype="page" id="{home_en.pk}">decide</a> together.</p>',
    )
    page.programmes = [
        Programme(name="Power", year_from=2021, year_to=2025, framework="Framework", url="https://example.org/"),
        Programme(name="Fund"),
    ]
    page.advisory_group = [AdvisoryMember(name="The Alliance")]
    return add_page(home_en, page)


@pytest.fixture
def admin(db: None) -> Client:
    client = Client()
    client.force_login(get_user_model().objects.create_superuser("boss", "boss@example.org", "x"))
    return client


def detail(client: Any, page: Page, **headers: str) -> Any:
    answer = client.get(f"/api/v1/pages/{page.pk}", headers=headers)
    assert answer.status_code == 200, answer.content
    return answer.json() if not headers else answer.content.decode()


def test_each_part_is_a_field_of_its_own(client: Any, page: PartnershipPage) -> None:
    found = detail(client, page)
    assert [(each["name"], each["year_from"], each["year_to"]) for each in found["programmes"]] == [
        ("Power", 2021, 2025),
        ("Fund", None, None),
    ]
    assert (found["programmes"][0]["framework"], found["programmes"][0]["url"]) == ("Framework", "https://example.org/")
    assert found["who_may_join"] == {"groups": ["members", "public"], "text": "Come & see us."}
    assert found["advisory_group"] == [{"name": "The Alliance"}]
    assert found["how_the_agenda_is_set"] == '<p>We <a href="/en/">decide</a> together.</p>'
    assert "programmes" not in client.get("/api/v1/pages?type=partnership").json()["items"][0]


def test_a_page_without_parts_has_empty_ones(client: Any, home_en: HomePage) -> None:
    found = detail(client, add_page(home_en, PartnershipPage(title="Empty", slug="empty")))
    assert (found["programmes"], found["advisory_group"], found["how_the_agenda_is_set"]) == ([], [], "")
    assert found["who_may_join"] == {"groups": [], "text": ""}


def test_parts_show_on_the_plain_page_and_in_markdown_with_escaped_words(client: Any, page: PartnershipPage) -> None:
    page.advisory_group = [AdvisoryMember(name="<script>x</script>")]
    page.save()
    soup = BeautifulSoup(client.get(page.url).content, "html.parser")
    assert [heading.text for heading in soup.select("article h2")] == [
        "Programmes",
        "Who may join",
        "Who sets the agenda",
    ]
    assert "<script>x</script>" in soup.select("article ul")[-1].text
    assert "(2021–2025)" in soup.text
    words = detail(client, page, accept="text/markdown")
    assert "[Power](https://example.org/) (2021–2025)" in words
    assert words.count("see us.") == 1
    assert words.count("together.") == 1


def test_search_finds_the_words_of_parts(client: Any, page: PartnershipPage) -> None:
    for words in ("alliance", "framework", "together"):
        found = client.get("/api/v1/pages", {"q": words}).json()["items"]
        assert [item["id"] for item in found] == [page.pk], words


def test_a_programme_does_not_end_before_it_starts(page: PartnershipPage) -> None:
    with pytest.raises(ValidationError, match="cannot end before it starts"):
        Programme(partnership_page=page, name="Power", year_from=2025, year_to=2021).clean()


def test_a_change_of_a_part_makes_a_new_version(page: PartnershipPage) -> None:
    before = content_version(now=timezone.now()).value
    page.programmes.first().save()
    assert content_version(now=timezone.now()).value != before


def test_a_page_that_gets_a_cross_cutting_theme_makes_a_new_version(
    page: PartnershipPage, make_cross_cutting: Callable[..., CrossCuttingTheme]
) -> None:
    theme = make_cross_cutting("pme")
    before = content_version(now=timezone.now()).value
    theme.pages.add(page)
    named = content_version(now=timezone.now()).value
    assert named != before
    theme.names.get().save()
    assert content_version(now=timezone.now()).value != named


def test_a_detail_costs_the_same_for_one_and_for_fifty_parts(client: Any, page: PartnershipPage) -> None:
    counts = []
    for amount in (1, 50):
        page.programmes = [Programme(name=f"P{number}") for number in range(amount)]
        page.advisory_group = [AdvisoryMember(name=f"A{number}") for number in range(amount)]
        page.save()
        detail(client, page)
        cache.clear()
        site_tree.forget()
        with CaptureQueriesContext(connection) as captured:
            assert len(detail(client, page)["programmes"]) == amount
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_search_engines_read_of_a_joint_project(
    client: Any, page: PartnershipPage, make_cross_cutting: Callable[..., CrossCuttingTheme]
) -> None:
    page.cross_cutting.add(make_cross_cutting("pme", en="Measuring"))
    page.save()
    graph = {thing["@type"]: thing for thing in detail(client, page)["seo"]["json_ld"]["@graph"]}
    assert graph["Project"]["parentOrganization"]["@id"] == graph["Organization"]["@id"]
    assert graph["Project"]["keywords"] == ["Measuring"]


def test_pages_name_their_cross_cutting_themes_in_their_language(
    client: Any,
    page: PartnershipPage,
    locales: dict[str, Locale],
    home_nl: HomePage,
    make_cross_cutting: Callable[..., CrossCuttingTheme],
) -> None:
    second, first = make_cross_cutting("pme", en="Measuring", nl="Meten"), make_cross_cutting("voice", en="Voice")
    CrossCuttingTheme.objects.filter(pk=second.pk).update(position=9)
    page.cross_cutting.set([second, first])
    page.save()
    dutch = page.copy_for_translation(locales["nl"])
    dutch.save_revision().publish()
    assert detail(client, page)["cross_cutting"] == [
        {"slug": "voice", "name": "Voice"},
        {"slug": "pme", "name": "Measuring"},
    ]
    assert [theme["name"] for theme in detail(client, dutch)["cross_cutting"]] == ["Voice", "Meten"]
    assert client.get("/api/v1/site").json()["cross_cutting"] == [
        {"slug": "voice", "names": {"en": "Voice"}},
        {"slug": "pme", "names": {"en": "Measuring", "nl": "Meten"}},
    ]


def test_lists_filter_by_cross_cutting_theme(
    client: Any, page: PartnershipPage, make_article: Any, make_cross_cutting: Callable[..., CrossCuttingTheme]
) -> None:
    pme, voice = make_cross_cutting("pme"), make_cross_cutting("voice")
    page.cross_cutting.set([pme])
    page.save()
    one, two = make_article("one", summary="Alliance"), make_article("two")
    for article, themes in ((one, [pme, voice]), (two, [voice])):
        article.cross_cutting.set(themes)
        article.save()

    def found(query: str) -> set[int]:
        answer = client.get(f"/api/v1/pages?{query}")
        assert answer.status_code == 200
        return {item["id"] for item in answer.json()["items"]}

    assert found("cross_cutting=pme") == {page.pk, one.pk}
    assert found("cross_cutting=pme&type=article") == {one.pk}
    assert found("cross_cutting=pme&cross_cutting=voice") == {page.pk, one.pk, two.pk}
    assert found("cross_cutting=voice&q=alliance") == {one.pk}
    assert found("cross_cutting=unknown") == set()
    assert client.get("/api/v1/pages?cross_cutting=it's").status_code == 422


def test_editors_tick_themes_by_name_on_the_content_tab(
    admin: Client, page: PartnershipPage, make_theme: Any, make_cross_cutting: Callable[..., CrossCuttingTheme]
) -> None:
    make_theme("data", en="Data", nl="Gegevens")
    make_cross_cutting("pme", en="Measuring")
    soup = BeautifulSoup(admin.get(reverse("wagtailadmin_pages:edit", args=[page.pk])).content, "html.parser")
    content = soup.select_one("#tab-content")
    assert content is not None
    for name, label in (("themes", "Data"), ("cross_cutting", "Measuring")):
        (box,) = content.select(f'input[type=checkbox][name="{name}"]')
        assert box.parent is not None
        assert label in box.parent.text
    assert "Under the main theme" in content.text


def test_themes_are_named_in_the_editors_language(admin: Client, page: PartnershipPage, make_theme: Any) -> None:
    make_theme("data", en="Data", nl="Gegevens")
    profile = UserProfile.get_for_user(get_user_model().objects.get(username="boss"))
    profile.preferred_language = "nl"
    profile.save()
    form = admin.get(reverse("wagtailadmin_pages:edit", args=[page.pk])).content.decode()
    assert "Gegevens" in form
    assert "Dwarsthema’s" in form


def test_only_types_that_have_them_offer_cross_cutting_themes(
    admin: Client, home_en: HomePage, make_article: Any, make_cross_cutting: Callable[..., CrossCuttingTheme]
) -> None:
    make_cross_cutting("pme")
    for page, offered in ((home_en, False), (make_article("one"), True)):
        form = admin.get(reverse("wagtailadmin_pages:edit", args=[page.pk])).content.decode()
        assert ('name="cross_cutting"' in form) is offered


def test_the_editor_says_that_years_are_reversed(admin: Client, page: PartnershipPage) -> None:
    address = reverse("wagtailadmin_pages:edit", args=[page.pk])
    form = BeautifulSoup(admin.get(address).content, "html.parser").select_one("#page-edit-form")
    fields = fields_of(form)
    fields |= {"body-count": "0", "how_the_agenda_is_set": "null"}
    fields |= {"programmes-0-year_from": "2025", "programmes-0-year_to": "2021", "action-publish": "1"}
    answer = admin.post(address, fields)
    assert answer.status_code == 200
    assert "A programme cannot end before it starts." in answer.content.decode()


def test_deleting_a_theme_says_how_many_pages_have_it(
    admin: Client, page: PartnershipPage, make_cross_cutting: Callable[..., CrossCuttingTheme]
) -> None:
    theme = make_cross_cutting("pme", en="Measuring")
    page.cross_cutting.add(theme)
    page.save()
    address = reverse("wagtailsnippets_hub_cms_crosscuttingtheme:delete", args=[theme.pk])
    assert "1 page has “Measuring”." in admin.get(address).content.decode()
    assert admin.post(address).status_code == 302
    assert PartnershipPage.objects.get(pk=page.pk).cross_cutting.count() == 0


def test_a_theme_with_a_page_of_its_own_is_not_deleted_and_staff_read_why(
    admin: Client, theme_page: Any, data: Any
) -> None:
    one = reverse("wagtailsnippets_hub_cms_theme:delete", args=[data.pk])
    many = reverse("wagtail_bulk_action", args=["hub_cms", "theme", "delete"]) + f"?id={data.pk}"
    for address in (one, many):
        assert "the page “Data” is about it" in admin.get(address).content.decode()
        answer = admin.post(address, follow=True)
        assert answer.status_code == 200
        assert "“Data” cannot be deleted: the page “Data” is about it." in answer.content.decode()
    data.refresh_from_db()


def test_a_report_lists_pages_by_theme(
    admin: Client, page: PartnershipPage, make_article: Any, make_cross_cutting: Callable[..., CrossCuttingTheme]
) -> None:
    theme = make_cross_cutting("pme", en="Measuring")
    page.cross_cutting.add(theme)
    page.save()
    make_article("other", title="Something else")
    listed = admin.get(pages_with(theme, field="cross_cutting")).content.decode()
    assert "Partnerships" in listed
    assert "Something else" not in listed
    assert "Something else" in admin.get(reverse("hub_themed_pages:index")).content.decode()
    assert "Pages by theme" in admin.get("/admin/").content.decode()
