"""Translating pages in the admin: nothing goes public with untranslated words until somebody publishes it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.test import Client
from django.urls import reverse
from wagtail.models import GroupPagePermission, Locale, Page
from wagtail_localize.models import LocaleSynchronization, StringSegment, StringTranslation, Translation

from cms.models import HomePage, WebhookDelivery, WebhookEndpoint
from cms.plugins.registry import webhook_events
from tests.conftest import add_page
from themes.models import ArticlePage, ThemePage

pytestmark = pytest.mark.django_db

REPORT = ["/admin/localize/reports/translations/", "/admin/localize/reports/translations/results/"]


@pytest.fixture
def article(make_article: Callable[..., ArticlePage], home_nl: HomePage) -> ArticlePage:
    page = make_article("open-data", title="Open data", summary="A summary in English.")
    page.save_revision().publish()
    return ArticlePage.objects.get(pk=page.pk)


def translate(client: Any, page: Page, *codes: str, subtree: bool = False) -> None:
    locales = Locale.objects.filter(language_code__in=codes or ("nl",)).values_list("pk", flat=True)
    data = {"locales": list(locales)} | ({"include_subtree": "on"} if subtree else {})
    answer = client.post(reverse("wagtail_localize:submit_page_translation", args=[page.pk]), data)
    assert answer.status_code == 302, answer.content.decode()


def in_dutch(page: Page) -> Any:
    return Page.objects.get(translation_key=page.translation_key, locale__language_code="nl").specific


def said_in_dutch(client: Any) -> str:
    """Return everything that the public gets in Dutch, as one text."""
    addresses = ["pages?locale=nl", "feed.rss?locale=nl", "feed.json?locale=nl", "sitemap", "pages?q=data&locale=nl"]
    return "".join(client.get(f"/api/v1/{address}").content.decode() for address in addresses)


def fill_in(translation: Translation, words: str = "Woorden") -> None:
    """Translate every text."""
    for segment in StringSegment.objects.filter(source=translation.source):
        StringTranslation.objects.get_or_create(
            translation_of=segment.string,
            context=segment.context,
            locale=translation.target_locale,
            defaults={"data": f"{words} {segment.order}" if segment.context.path != "slug" else "woorden"},
        )


def test_a_new_translation_is_a_draft_until_somebody_publishes_it(
    client: Any, admin_client: Any, article: ArticlePage
) -> None:
    events = [event.name for event in webhook_events()]
    WebhookEndpoint.objects.create(site=article.get_site(), url="https://web.example/hook", events=events)
    translate(admin_client, article)
    dutch = in_dutch(article)
    assert not dutch.live
    assert client.get(f"/api/v1/pages/{dutch.pk}").status_code == 404
    assert client.get(dutch.url).status_code == 404
    assert "Open data" not in said_in_dutch(client)
    assert not WebhookDelivery.objects.exists()
    dutch.title = "Open gegevens"
    dutch.save_revision().publish()
    assert client.get(f"/api/v1/pages/{dutch.pk}").json()["title"] == "Open gegevens"


def synchronise(admin_client: Any, code: str = "nl") -> None:
    """Have the administrator mirror the English tree in this language, as Settings → Locales does."""
    locale, english = Locale.objects.get(language_code=code), Locale.objects.get(language_code="en")
    form = {"language_code": code, "component-wagtail_localize_localesynchronization-enabled": "on"}
    form |= {"component-wagtail_localize_localesynchronization-sync_from": english.pk}
    answer = admin_client.post(reverse("wagtaillocales:edit", args=[locale.pk]), form)
    assert answer.status_code == 302, answer.content.decode()
    assert LocaleSynchronization.objects.filter(locale=locale).exists()


def test_a_synchronised_tree_is_of_drafts_its_front_page_too(
    client: Any, admin_client: Any, make_article: Callable[..., ArticlePage], locales: Any
) -> None:
    make_article("open-data", title="Open data")
    synchronise(admin_client)
    mirrors = Page.objects.filter(locale=locales["nl"])
    assert mirrors.count() == Page.objects.filter(locale=locales["en"], depth__gt=1).count()
    assert not mirrors.filter(live=True).exists()
    assert not mirrors.exclude(first_published_at=None).exists()
    assert client.get("/nl/").status_code == 404
    assert client.get("/api/v1/resolve?path=/nl/themes/data/open-data/").status_code == 404
    assert "Open data" not in said_in_dutch(client)


def test_a_mirror_stays_a_draft_when_its_page_is_published_again(
    client: Any, admin_client: Any, article: ArticlePage
) -> None:
    synchronise(admin_client)
    article.title = "Open data for all"
    article.save_revision().publish()
    dutch = in_dutch(article)
    assert (dutch.title, dutch.live) == ("Open data for all", False)
    assert "Open data" not in said_in_dutch(client)


def test_a_page_made_later_in_a_mirrored_language_is_a_draft_there(
    admin_client: Any, article: ArticlePage, theme_page: ThemePage
) -> None:
    synchronise(admin_client)
    form: dict[str, Any] = {
        "title": "Later",
        "slug": "later",
        "summary": "",
        "image_alt": "",
        "link_text": "",
        "tags": "",
    }
    form |= {"body-count": "0", "themes": []}
    for rows in ("comments", "authors", "related_articles"):
        form |= {f"{rows}-TOTAL_FORMS": "0", f"{rows}-INITIAL_FORMS": "0"}
    address = reverse("wagtailadmin_pages:add", args=["hub_themes", "articlepage", theme_page.pk])
    answer = admin_client.post(address, form | {"action-publish": "on"})
    assert answer.status_code == 302, answer.context["form"].errors
    later = ArticlePage.objects.get(slug="later", locale__language_code="en")
    assert (later.live, in_dutch(later).live) == (True, False)


def test_a_mirror_that_is_translated_stays_a_draft(client: Any, admin_client: Any, article: ArticlePage) -> None:
    synchronise(admin_client)
    translate(admin_client, article)
    dutch = in_dutch(article)
    assert (dutch.alias_of_id, dutch.live) == (None, False)
    assert "Open data" not in said_in_dutch(client)


def test_an_alias_of_a_mirror_is_a_draft_and_one_within_a_language_is_not(
    admin_client: Any, article: ArticlePage, theme_page: ThemePage
) -> None:
    synchronise(admin_client)
    mirror = in_dutch(article)
    again = mirror.create_alias(update_slug="again")
    assert not Page.objects.get(pk=again.pk).live
    english = article.create_alias(update_slug="again")
    article.save_revision().publish()
    assert Page.objects.get(pk=english.pk).live
    assert not Page.objects.get(pk=again.pk).live


def test_a_page_that_becomes_a_mirror_again_is_a_draft(client: Any, admin_client: Any, article: ArticlePage) -> None:
    translate(admin_client, article)
    dutch = in_dutch(article)
    dutch.title = "Open gegevens"
    dutch.save_revision().publish()
    admin_client.post(reverse("wagtail_localize:convert_to_alias", args=[dutch.pk]))
    mirror = in_dutch(article)
    assert (mirror.alias_of_id, mirror.live, mirror.title) == (article.pk, False, "Open data")
    assert "Open data" not in said_in_dutch(client)


def test_translating_a_branch_leaves_what_was_translated_by_hand(
    client: Any, admin_client: Any, article: ArticlePage, theme_page: ThemePage, home_nl: HomePage
) -> None:
    index = theme_page.get_parent()
    by_hand = add_page(
        home_nl, ArticlePage(title="Open gegevens", slug="hand", translation_key=article.translation_key)
    )
    translate(admin_client, index, subtree=True)
    page = ArticlePage.objects.get(pk=by_hand.pk)
    assert (page.title, page.live) == ("Open gegevens", True)
    assert client.get(f"/api/v1/pages/{page.pk}").json()["title"] == "Open gegevens"
    assert not Translation.objects.get(source__object_id=article.translation_key).enabled


def test_an_update_publishes_at_once_only_what_has_all_its_words(
    client: Any, admin_client: Any, article: ArticlePage
) -> None:
    translate(admin_client, article)
    translation = Translation.objects.get(source__object_id=article.translation_key)
    fill_in(translation)
    translation.save_target(publish=True)
    in_dutch(article).get_latest_revision().publish()
    told = in_dutch(article).title
    article.title = "Open data for all"
    article.save_revision().publish()
    update = reverse("wagtail_localize:update_translations", args=[translation.source_id])
    answer = admin_client.post(update, {"publish_translations": "on"}, follow=True)
    assert "Not published yet" in answer.content.decode()
    assert in_dutch(article).title == told
    assert "Open data for all" not in said_in_dutch(client)
    fill_in(translation, "Nieuw")
    answer = admin_client.post(update, {"publish_translations": "on"}, follow=True)
    assert "Not published yet" not in answer.content.decode()


def staff_client(*, codenames: tuple[str, ...], page: Page | None = None) -> Client:
    """A browser of somebody with these permissions in the admin, who may change this page and what is below it."""
    group = Group.objects.create(name="Staff")
    group.permissions.set(Permission.objects.filter(codename__in=("access_admin", *codenames)))
    if page:
        change = Permission.objects.get(codename="change_page", content_type__app_label="wagtailcore")
        GroupPagePermission.objects.create(group=group, page=page, permission=change)
    user = get_user_model().objects.create_user("staff", "staff@hub.example", "not-a-real-secret")
    user.groups.add(group)
    client = Client()
    client.force_login(user)
    return client


def asked_about(article: ArticlePage) -> list[str]:
    """Return the addresses of wagtail-localize that are about this page."""
    return [
        *REPORT,
        reverse("wagtail_localize:submit_page_translation", args=[article.pk]),
        reverse("wagtail_localize:update_translations", args=[Translation.objects.get().source_id]),
    ]


def test_what_is_translated_is_shown_to_nobody_who_may_edit_no_page(admin_client: Any, article: ArticlePage) -> None:
    translate(admin_client, article)
    staff = staff_client(codenames=("submit_translation",))
    for address in asked_about(article):
        for answer in (staff.get(address), staff.post(address, {"locales": [], "publish_translations": "on"})):
            assert answer.status_code in (302, 405), address
            assert article.title not in answer.content.decode()
    assert "reports/translations" not in staff.get("/admin/").content.decode()


@pytest.mark.parametrize("is_dutch", [False, True])
def test_what_is_translated_is_shown_to_whoever_may_edit_it_in_one_language(
    admin_client: Any, article: ArticlePage, home_en: HomePage, home_nl: HomePage, is_dutch: bool
) -> None:
    translate(admin_client, article)
    staff = staff_client(codenames=("submit_translation",), page=home_nl if is_dutch else home_en)
    for address in asked_about(article):
        assert article.title in staff.get(address).content.decode(), address
    assert "reports/translations" in staff.get("/admin/").content.decode()


def test_of_what_is_translated_everybody_is_shown_their_own_part(
    admin_client: Any, article: ArticlePage, make_article: Callable[..., ArticlePage]
) -> None:
    other = make_article("minutes", title="Secret minutes")
    translate(admin_client, article)
    translate(admin_client, other)
    staff = staff_client(codenames=(), page=article)
    for address in REPORT:
        page = staff.get(address).content.decode()
        assert article.title in page
        assert other.title not in page


def test_mirrors_are_not_published_in_a_list_and_it_says_why(admin_client: Any, article: ArticlePage) -> None:
    synchronise(admin_client)
    mirror = in_dutch(article)
    for ticked, form in ((mirror, {}), (mirror.get_parent().get_parent(), {"include_descendants": "on"})):
        address = reverse("wagtail_bulk_action", args=["wagtailcore", "page", "publish"]) + f"?id={ticked.pk}"
        answer = admin_client.post(address, form, follow=True)
        assert "only mirrors a page in another language" in answer.content.decode()
    assert not in_dutch(article).live
