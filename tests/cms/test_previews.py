"""A preview's token gives access to one page as one editor left it, for some minutes, and to nothing else."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.urls import reverse
from django.utils import timezone
from wagtail.models import Comment, GroupPagePermission, Page, Site

from cms.checks import check_settings
from cms.models import HomePage, HubPage, Preview, RolePage, SiteSettings
from cms.plugins.registry import page_types
from cms.previews import KEPT_PER_PAGE, find_preview, start_preview
from tests.conftest import add_page
from themes.models import ActivityPage, ArticlePage

NEVER = "x" * 43  # as long as a token


@pytest.fixture
def editors(home_en: Page) -> Group:
    group = Group.objects.create(name="Writers")
    for codename in ("add_page", "change_page"):
        permission = Permission.objects.get(content_type__app_label="wagtailcore", codename=codename)
        GroupPagePermission.objects.create(group=group, page=home_en, permission=permission)
    return group


@pytest.fixture
def editor(editors: Group) -> User:
    return make_editor("ada", editors)


def make_editor(name: str, group: Group) -> User:
    """Make a user who may enter the admin, and edit pages as a member of `group`."""
    user = User.objects.create_user(name, password="x")
    user.user_permissions.add(Permission.objects.get(codename="access_admin"))
    user.groups.add(group)
    return user


@pytest.fixture
def now() -> datetime:
    return timezone.now()


def read(client: Any, token: str) -> Any:
    return client.get(f"/api/v1/preview/{token}")


def put_under(parent: Page, page: Page) -> None:
    """Give the page, which is not saved, a place in the tree."""
    page.depth = parent.depth + 1
    page.path = page._get_path(parent.path, page.depth, 1)  # noqa: SLF001 - as Wagtail's own view for new pages


def new_article(theme_page: Any, **fields: Any) -> ArticlePage:
    """Return a page as Wagtail's view for new pages makes it: with a place in the tree, not saved."""
    page = ArticlePage(**{"title": "New", "slug": "new", "locale": theme_page.locale, **fields})
    put_under(theme_page, page)
    page.set_url_path(theme_page)
    return page


def test_an_unsaved_change_is_read_through_the_token_and_only_there(
    client: Any, make_article: Any, data: Any, editor: User, now: datetime
) -> None:
    page = make_article("one", title="Before")
    page.title, page.slug, page.summary = "After", "other", "In short"
    page.body = [("text", "<p>unsaved</p>")]
    page.themes.set([data])
    page.tags.add("Fresh")
    answer = read(client, start_preview(page=page, user=editor, now=now)).json()
    assert (answer["id"], answer["title"], answer["summary"]) == (page.pk, "After", "In short")
    assert answer["body"][0]["html"] == "<p>unsaved</p>"
    assert [theme["slug"] for theme in answer["themes"]] == ["data"]
    assert [tag["name"] for tag in answer["tags"]] == ["Fresh"]
    assert answer["path"] == "/en/themes/data/other/"
    for address in (f"/api/v1/pages/{page.pk}", "/api/v1/pages?type=article", "/en/themes/data/one/", "/api/v1/site"):
        response = client.get(address)
        assert response.status_code == 200
        assert not [word for word in (b"After", b"unsaved", b"In short", b"Fresh") if word in response.content]
    assert client.get("/en/themes/data/other/").status_code == 404


def test_a_preview_of_what_is_live_is_what_is_live(
    client: Any, make_article: Any, make_image: Any, data: Any, activity: Any, editor: User, now: datetime
) -> None:
    link = f'<p><a linktype="page" id="{activity.pk}">there</a></p>'
    image = make_image()
    body = [("text", link), ("related", [activity]), ("image", {"image": image, "alt": "", "caption": "c"})]
    page = make_article("one", image=image, body=body)
    page.themes.add(data)
    page.tags.add("b", "a")
    page.save()
    for saved in (page, activity):
        each = type(saved).objects.get(pk=saved.pk)
        preview = read(client, start_preview(page=each, user=editor, now=now))
        told, live = preview.json(), client.get(f"/api/v1/pages/{each.pk}").json()
        assert live["seo"].pop("json_ld")
        assert told["seo"].pop("json_ld") == {}  # what is not public tells search engines nothing
        assert told == live


def test_a_draft_that_was_never_published_is_read_through_the_token_only(
    client: Any, make_article: Any, editor: User, now: datetime
) -> None:
    page = make_article("secret", live=False, first_published_at=None)
    assert read(client, start_preview(page=page, user=editor, now=now)).json()["title"] == "Secret"
    assert client.get(f"/api/v1/pages/{page.pk}").status_code == 404


def test_what_editors_say_to_each_other_is_in_no_preview(make_article: Any, editor: User, now: datetime) -> None:
    page = make_article("one")
    page.wagtail_admin_comments.add(Comment(user=editor, text="Only between us", contentpath="title"))
    assert "Only between us" in str(page.serializable_data())
    start_preview(page=page, user=editor, now=now)
    assert "Only between us" not in str(Preview.objects.values().get())


def test_the_token_is_stored_nowhere(make_article: Any, editor: User, now: datetime) -> None:
    token = start_preview(page=make_article("one"), user=editor, now=now)
    (row,) = Preview.objects.values()
    assert len(token) >= 43
    assert token not in str(row)


def test_whatever_is_no_living_token_gets_the_same_answer(
    client: Any, make_article: Any, editor: User, now: datetime
) -> None:
    page = make_article("one")
    expired = start_preview(page=page, user=editor, now=now - timedelta(seconds=600))
    token = start_preview(page=page, user=editor, now=now - timedelta(seconds=590))
    flipped = [f"{token[:at]}{'a' if token[at] == 'b' else 'b'}{token[at + 1 :]}" for at in range(len(token))]
    (stored,) = Preview.objects.filter(expires_at__gt=now).values_list("token_hash", flat=True)
    wrong = [expired, *flipped, token[:-1], f"{token}a", token.swapcase(), stored, f"{token[:9]}/{token[9:]}", "%00"]
    answers = [read(client, each) for each in (NEVER, *wrong)]
    assert {each.status_code for each in answers} == {404}
    assert {each["Content-Type"] for each in answers} == {"application/problem+json"}
    assert len({each.content for each in answers}) == 1
    assert read(client, token).status_code == 200


def test_a_token_only_reads(client: Any, make_article: Any, editor: User, now: datetime) -> None:
    address = f"/api/v1/preview/{start_preview(page=make_article('one'), user=editor, now=now)}"
    before = Preview.objects.values().get()
    for method in ("post", "put", "patch", "delete"):
        assert getattr(client, method)(address).status_code == 405
    assert client.head(address).status_code == 200
    assert client.get(f"{address}?page=1").status_code == 422
    assert Preview.objects.values().get() == before


def test_no_cache_keeps_a_preview(client: Any, make_article: Any, editor: User, now: datetime) -> None:
    token = start_preview(page=make_article("one"), user=editor, now=now)
    for each in (token, NEVER):
        response = read(client, each)
        assert response["Cache-Control"] == "private, no-store"
        assert response["X-Robots-Tag"] == "noindex"
        assert response["Referrer-Policy"] == "no-referrer"
        assert not response.cookies


def _leaves_the_group(user: User, page: Page) -> None:
    user.groups.clear()


def _is_deactivated(user: User, page: Page) -> None:
    user.is_active = False
    user.save()


def _is_deleted(user: User, page: Page) -> None:
    user.delete()


def _loses_the_admin(user: User, page: Page) -> None:
    user.user_permissions.clear()


def _loses_the_page(user: User, page: Page) -> None:
    page.delete()


LOSSES = [_leaves_the_group, _is_deactivated, _is_deleted, _loses_the_admin, _loses_the_page]


@pytest.mark.parametrize("happens", LOSSES)
@pytest.mark.parametrize("is_new", [False, True], ids=["saved", "new"])
def test_a_token_dies_with_its_users_rights(
    client: Any, theme_page: Any, make_article: Any, editor: User, now: datetime, happens: Any, is_new: bool
) -> None:
    page = new_article(theme_page) if is_new else make_article("one")
    token = start_preview(page=page, user=editor, now=now)
    assert read(client, token).status_code == 200
    happens(editor, Page.objects.get(pk=theme_page.pk if is_new else page.pk))
    response = read(client, token)
    assert (response.status_code, response.content) == (404, read(client, NEVER).content)


def test_two_editors_of_one_page_read_each_their_own(
    client: Any, make_article: Any, editors: Group, editor: User, now: datetime
) -> None:
    other = make_editor("bob", editors)
    page = make_article("one")
    tokens = {}
    for user in (editor, other):
        page.title = f"By {user.username}"
        tokens[user.username] = start_preview(page=page, user=user, now=now)
    other.is_active = False
    other.save()
    assert read(client, tokens["ada"]).json()["title"] == "By ada"
    assert read(client, tokens["bob"]).status_code == 404


def test_a_refresh_leaves_what_the_website_is_just_loading(
    client: Any, make_article: Any, editor: User, admin_user: User, now: datetime
) -> None:
    page, tokens = make_article("one"), []
    others = [
        start_preview(page=page, user=admin_user, now=now),
        start_preview(page=make_article("two"), user=editor, now=now),
    ]
    for number in range(KEPT_PER_PAGE + 2):
        page.title = f"Title {number}"
        tokens.append(start_preview(page=page, user=editor, now=now))
    answers = [read(client, token) for token in tokens]
    assert [each.status_code for each in answers] == [404, 404, *[200] * KEPT_PER_PAGE]
    assert [read(client, token).status_code for token in others] == [200, 200]
    assert [each.json()["title"] for each in answers[2:]] == [f"Title {n}" for n in range(2, KEPT_PER_PAGE + 2)]


def test_what_has_expired_is_deleted_by_the_next_preview(
    make_article: Any, editor: User, admin_user: User, now: datetime
) -> None:
    for user in (editor, admin_user):
        start_preview(page=make_article(user.username), user=user, now=now - timedelta(minutes=11))
    start_preview(page=make_article("one"), user=editor, now=now)
    assert Preview.objects.get().expires_at > now


def test_how_long_a_token_lives_is_a_setting(make_article: Any, editor: User, now: datetime, settings: Any) -> None:
    settings.HUB_PREVIEW_SECONDS = 60
    token = start_preview(page=make_article("one"), user=editor, now=now)
    assert find_preview(token=token, now=now + timedelta(seconds=59)) is not None
    assert find_preview(token=token, now=now + timedelta(seconds=60)) is None


@pytest.mark.parametrize(("seconds", "ids"), [(600, []), (0, ["hub_cms.E020"]), (86400, ["hub_cms.E020"])])
def test_a_life_of_days_is_refused_when_the_server_starts(settings: Any, seconds: int, ids: list[str]) -> None:
    settings.HUB_PREVIEW_SECONDS = seconds
    assert [message.id for message in check_settings()] == ids


def test_a_page_that_was_never_saved_can_be_read(client: Any, theme_page: Any, editor: User, now: datetime) -> None:
    page = new_article(theme_page, body=[("text", "<p>first</p>")])
    answer = read(client, start_preview(page=page, user=editor, now=now)).json()
    assert (answer["id"], answer["title"], answer["path"]) == (0, "New", "/en/themes/data/new/")
    assert [each["path"] for each in answer["ancestors"]] == ["/en/", "/en/themes/", "/en/themes/data/"]
    assert (answer["published_at"], answer["translations"]) == (None, [])


def test_an_unfinished_page_is_called_so(client: Any, activity: Any, editor: User, now: datetime) -> None:
    activity.starts_at = None
    response = read(client, start_preview(page=activity, user=editor, now=now))
    assert (response.status_code, response["Content-Type"]) == (409, "application/problem+json")
    assert response.json()["detail"] == "The page is not finished; look at: starts_at."
    assert response["Cache-Control"] == "private, no-store"


def test_an_empty_page_of_any_type_is_shown_or_called_unfinished(
    client: Any, home_en: Page, editor: User, now: datetime
) -> None:
    shown_as_pages = [
        model for model in page_types() if issubclass(model, HubPage) and model.serve_preview is HubPage.serve_preview
    ]
    assert len(shown_as_pages) > 8
    for model in shown_as_pages:
        page: Any = model(title="", slug="", locale=home_en.locale)
        put_under(home_en, page)
        response = read(client, start_preview(page=page, user=editor, now=now))
        assert response.status_code in {200, 409}, (model, response.content)


def test_what_is_deleted_meanwhile_is_left_out_or_missing(
    client: Any, make_article: Any, make_image: Any, editor: User, now: datetime
) -> None:
    image = make_image()
    page = make_article("one")
    page.image = image
    token = start_preview(page=page, user=editor, now=now)
    page.tags.add("brief")
    tagged = start_preview(page=page, user=editor, now=now)
    image.delete()
    page.tags.through.tag_model().objects.all().delete()
    assert read(client, token).json()["image"] is None
    assert read(client, tagged).status_code == 409


def test_tokens_are_not_logged(
    client: Any, make_article: Any, editor: User, now: datetime, caplog: Any, monkeypatch: Any
) -> None:
    token = start_preview(page=make_article("one"), user=editor, now=now)
    client.raise_request_exception = False
    with caplog.at_level(logging.DEBUG):
        read(client, NEVER)
        client.post(f"/api/v1/preview/{token}")
        client.get(f"/api/v1/preview/{token}/more?x=1")
        monkeypatch.setattr("cms.api.routes.preview.build_detail", lambda **_: 1 / 0)
        assert read(client, token).status_code == 500
        logging.getLogger("django.server").info('"%s" %s %s', f"GET /api/v1/preview/{token} HTTP/1.1", "200", "9")
    assert "Not Found: /api/v1/preview/[hidden]" in caplog.text
    assert "Internal Server Error: /api/v1/preview/[hidden]" in caplog.text
    assert token not in caplog.text
    assert NEVER not in caplog.text


def test_a_preview_is_of_a_page_or_of_one_to_be(theme_page: Any, editor: User, now: datetime) -> None:
    start_preview(page=theme_page, user=editor, now=now)
    with pytest.raises(IntegrityError):
        Preview.objects.update(parent=theme_page)


@pytest.mark.parametrize(
    "address", ["http://www.example.org/preview", "ftp://localhost/preview", "http://localhost.x/p"]
)
def test_previews_go_only_to_an_address_that_is_encrypted_or_local(site: Any, address: str) -> None:
    with pytest.raises(ValidationError):
        SiteSettings(site=site, preview_url=address).full_clean()
    for good in ("", "https://www.example.org/preview?x=1", "http://localhost:3000/preview", "http://127.0.0.1:3000/p"):
        SiteSettings(site=site, preview_url=good).full_clean()


def test_a_page_of_another_site_is_read_as_its_own_site_shows_it(
    client: Any, site: Site, admin_user: User, now: datetime
) -> None:
    other = add_page(Page.objects.get(depth=1), HomePage(title="Other", slug="other"))
    Site.objects.create(hostname="other.test", root_page=other)
    role = add_page(other, RolePage(title="Role", slug="role"))
    answer = read(client, start_preview(page=role, user=admin_user, now=now)).json()
    assert answer["url"] == "http://other.test/en/role/"
    assert [each["title"] for each in answer["ancestors"]] == ["Other"]


def test_the_fields_of_a_type_are_read_too(client: Any, activity: ActivityPage, editor: User, now: datetime) -> None:
    activity.place = "Leiden"
    answer = read(client, start_preview(page=activity, user=editor, now=now)).json()
    assert (answer["place"], answer["starts_at"]) == ("Leiden", "2026-12-03T13:00:00Z")


@pytest.mark.parametrize("preview_url", ["", "https://web.example/preview"])
def test_a_preview_shows_pictures_that_were_never_public(
    client: Any, admin_user: Any, make_article: Any, make_image: Any, site: Any, preview_url: str
) -> None:
    SiteSettings.objects.create(site=site, preview_url=preview_url)
    client.force_login(admin_user)
    image = make_image()
    page = make_article("one", live=False, body=[("image", {"image": image, "alt": "", "caption": ""})])
    page.save_revision()
    response = client.get(reverse("wagtailadmin_pages:view_draft", args=[page.pk]))
    if preview_url:
        token = response["Location"].partition("token=")[2]
        (block,) = read(client, token).json()["body"]
        assert block["image"]["src"].endswith(".jpg")
    else:
        assert b"/media/images/" in response.content
    assert b"original_images" not in response.content
    image.renditions.all().delete()
    Path(image.file.path).write_bytes(b"broken")
    assert client.get(reverse("wagtailadmin_pages:view_draft", args=[page.pk])).status_code < 400
