"""A hub in which a plugin made pages of every kind and was then left out; run as a program in processes of its own.

`python -m tests.cms.gone_plugin fill` makes the pages, with the plugin; `… visit` asks for every address, without it,
and prints as JSON what was answered.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import django

LISTS = {
    "explorer of the home page": "/admin/pages/{home}/",
    "explorer of the root": "/admin/pages/",
    "explorer of such a page": "/admin/pages/{changed}/",
    "explorer, searched": "/admin/pages/{home}/results/?q=wanted",
    "explorer, by title": "/admin/pages/{home}/?ordering=title",
    "explorer, by hand": "/admin/pages/{home}/?ordering=ord",
    "search": "/admin/pages/search/?q=wanted",
    "search of all": "/admin/pages/search/?q=",
    "search by type": "/admin/pages/search/?q=wanted&content_type=hub_vacancies.vacancypage",
    "chooser": "/admin/choose-page/{home}/?page_type=wagtailcore.page",
    "chooser of the hub's pages": "/admin/choose-page/{home}/?page_type=hub_cms.hubpage",
    "chooser, searched": "/admin/choose-page/search/?q=wanted&page_type=wagtailcore.page",
    "chooser of several": "/admin/choose-page/chosen-multiple/?id={changed}&id={plain}",
    "menu of pages": "/admin/api/main/pages/?child_of={home}&for_explorer=1&fields=parent",
    "admin API": "/admin/api/main/pages/",
    "admin API, one": "/admin/api/main/pages/{changed}/",
    "usage of a picture": "/admin/images/usage/{image}/",
    "deleting a picture": "/admin/images/{image}/delete/",
    "usage of a page": "/admin/pages/{linked}/usage/",
    "deleting a page that is linked": "/admin/pages/{linked}/delete/",
    "site history, exported": "/admin/reports/site-history/?export=csv",
    "locked pages, exported": "/admin/reports/locked/?export=csv",
    "aging pages, exported": "/admin/reports/aging-pages/?export=csv",
    "editing what links to one": "/admin/pages/{linking}/edit/",
    "editing an issue that tells one": "/admin/pages/{issue}/edit/",
    "review of an issue that tells one": "/admin/newsletters/issues/{issue}/review/",
    "deleting several": "/admin/bulk/wagtailcore/page/delete/?id={changed}&id={linked}",
    "moving several": "/admin/bulk/wagtailcore/page/move/?id={changed}&id={linked}",
    "publishing several": "/admin/bulk/wagtailcore/page/publish/?id={changed}&id={linked}",
    "unpublishing several": "/admin/bulk/wagtailcore/page/unpublish/?id={changed}&id={linked}",
    "unpublishing what is above": "/admin/pages/{home}/unpublish/",
    "moving beside one": "/admin/pages/{linked}/move/",
    "history of the page above": "/admin/pages/{home}/history/",
    "privacy of the page above": "/admin/pages/{home}/privacy/",
}
PUBLIC = {
    "pages": ("/api/v1/pages?q=wanted", 200),
    "all pages": ("/api/v1/pages", 200),
    "one page": ("/api/v1/pages/{changed}", 404),
    "resolve": ("/api/v1/resolve?path=/en/changed/", 404),
    "site": ("/api/v1/site", 200),
    "sitemap": ("/api/v1/sitemap", 200),
    "feed": ("/api/v1/feed.rss?locale=en", 200),
    "calendar": ("/api/v1/feed.ics?locale=en", 200),
    "what links to one": ("/api/v1/pages/{linking}", 200),
    "plain page": ("/en/changed/", 404),
    "plain home page": ("/en/", 200),
    "plain page that links to one": ("/en/linking/", 200),
}
KEYS = ("page_id", "page_to_move_id", "parent_page_id", "pk")


def fill() -> None:
    """Make pages of the plugin in every state, and what leads to them."""
    from django.contrib.auth import get_user_model
    from django.core.cache import cache
    from django.core.management import call_command
    from django.utils import timezone
    from vacancies.models import VacancyPage
    from wagtail.contrib.redirects.models import Redirect
    from wagtail.models import Locale, Page, PageViewRestriction, Site, Workflow
    from wagtail_localize.operations import translate_object

    from cms.models import HomePage, RolePage
    from newsletters.models import IssuePage, IssueText, Newsletter, NewsletterPage, NewsletterText
    from tests.conftest import add_page, new_image

    call_command("migrate", verbosity=0)
    cache.clear()
    boss = get_user_model().objects.create_superuser("boss", "boss@hub.test", "x")
    now, english = timezone.now(), Locale.objects.get_or_create(language_code="en")[0]
    dutch = Locale.objects.get_or_create(language_code="nl")[0]
    Site.objects.all().delete()
    Page.objects.filter(depth__gt=1).delete()
    root = Page.objects.get(depth=1)
    home = add_page(root, HomePage(title="Hub", slug="home", locale=english))
    Site.objects.create(hostname="hub.test", site_name="Hub", root_page=home, is_default_site=True)
    image = new_image("Desk")
    soon = now + timedelta(days=1)

    def vacancy(slug: str, **fields: Any) -> Any:
        page = VacancyPage(title=f"Wanted: {slug}", slug=slug, employer="We", closes_at=soon, **fields)
        add_page(home, page).save_revision(user=boss, log_action=True).publish(user=boss)
        return VacancyPage.objects.get(pk=page.pk)

    pages = {slug: vacancy(slug) for slug in ("plain", "changed", "locked", "private", "expired", "moderated")}
    changed = pages["changed"]
    changed.title, changed.image = "Wanted: changed, anew", image
    changed.body = [("image", {"image": image, "alt": "A desk", "caption": ""}), ("text", "<p>Come.</p>")]
    changed.save()
    changed.save_revision(user=boss, log_action=True)
    pages["draft"] = add_page(
        home, VacancyPage(title="Wanted: draft", slug="draft", employer="We", closes_at=soon, live=False)
    )
    pages["draft"].save_revision(user=boss)
    scheduled = pages["scheduled"] = vacancy("scheduled")
    scheduled.title, scheduled.go_live_at = "Wanted: later", soon
    scheduled.save_revision(user=boss).publish(user=boss)
    pages["due"] = due = vacancy("due")
    due.title = "Wanted: due"
    revision = due.save_revision(user=boss)
    type(revision).objects.filter(pk=revision.pk).update(approved_go_live_at=now - timedelta(minutes=1))
    Page.objects.filter(pk=pages["expired"].pk).update(expire_at=now - timedelta(minutes=1))
    Page.objects.filter(pk=pages["locked"].pk).update(locked=True, locked_by=boss, locked_at=now)
    PageViewRestriction.objects.create(page=pages["private"], restriction_type=PageViewRestriction.LOGIN)
    pages["moderated"].save_revision(user=boss)
    Workflow.objects.first().start(pages["moderated"], boss)
    pages["alias"] = changed.create_alias(update_slug="alias")
    linked = add_page(home, RolePage(title="Linked", slug="linked"))
    pages["linked"] = changed.body.append(("related", [linked])) or linked
    changed.save_revision(user=boss)
    changed.save()
    links = f'<p><a linktype="page" id="{changed.pk}">Wanted</a></p>'
    pages["linking"] = add_page(
        home, RolePage(title="Linking", slug="linking", body=[("text", links), ("related", [changed])])
    )
    pages["linking"].save_revision(user=boss)
    Redirect.objects.create(old_path="/old", redirect_page=changed, site=None)
    newsletter = Newsletter(
        name="Letter",
        slug="letter",
        sender_name="We",
        sender_email="a@hub.test",
        reply_to="b@hub.test",
        postal_address="X",
    )
    newsletter.texts = [NewsletterText(locale=english, title="Letter", consent_wording="Yes.")]
    newsletter.save()
    letter = add_page(home, NewsletterPage(title="Letter", slug="letter", newsletter=newsletter))
    issue = IssuePage(title="May", slug="may", issue_date=now.date(), live=False, locale=english)
    issue.texts = [IssueText(locale=english, subject="May", title="May")]
    row = {"language": "en", "title": "", "teaser": "", "link_text": ""}
    issue.body = [("story", {"page": changed, "is_lead": False, "texts": [row]})]
    pages["issue"] = letter.add_child(instance=issue)
    issue.save_revision(user=boss)
    translate_object(pages["plain"], [dutch], user=boss)
    keys = {name: page.pk for name, page in pages.items()} | {"home": home.pk, "image": image.pk}
    print(json.dumps(keys))


def visit(keys: dict[str, int]) -> None:
    """Print what each address answers; nothing is raised but what Django shows as a fault of the server."""
    from django.test import Client
    from wagtail.models import Page, Revision

    admin = Client(raise_request_exception=False)
    admin.login(username="boss", password="x")
    said = {}

    def ask(name: str, address: str, *, data: Any = None, client: Any = admin) -> None:
        method = client.get if data is None else client.post
        answer = method(address, *([] if data is None else [data]))
        words = b"".join(answer.streaming_content) if answer.streaming else answer.content
        fault = getattr(answer, "exc_info", None)
        said[name] = {
            "status": answer.status_code,
            "to": answer.get("Location", ""),
            "words": words.decode(errors="replace"),
            "fault": repr(fault[1]) if fault else "",
        }

    for name, address in LISTS.items():
        ask(name, address.format(**keys))
    for address in _without_parameters():
        ask(address, address)
    states = ("plain", "changed", "draft", "locked", "private", "expired", "moderated", "scheduled", "due", "alias")
    before = dict(Page.objects.values_list("pk", "latest_revision"))
    for state in states:
        revision = Revision.objects.filter(object_id=str(keys[state])).order_by("pk").last()
        for address in _about_one_page(keys[state], home=keys["home"], revision=revision.pk if revision else 1):
            ask(f"{state} {address}", address)
            ask(f"{state} POST {address}", address, data={})
    for action in ("delete", "move", "publish", "unpublish"):
        ids = "&".join(f"id={keys[state]}" for state in states)
        ask(f"bulk {action}", f"/admin/bulk/wagtailcore/page/{action}/?{ids}", data={"chooser": keys["home"]})
    for action in ("delete", "unpublish", "publish"):
        data = {"include_descendants": "on"} if action != "delete" else {}
        if action != "unpublish":
            ask(f"bulk {action} above", f"/admin/bulk/wagtailcore/page/{action}/?id={keys['home']}", data=data)
    ask("delete above", f"/admin/pages/{keys['home']}/delete/", data={})
    ask("copy above", f"/admin/pages/{keys['home']}/copy/", data={"new_title": "x", "copy_subpages": "on"})
    locale = _dutch()
    form = {"language_code": "nl", "component-wagtail_localize_localesynchronization-enabled": "on"}
    form |= {"component-wagtail_localize_localesynchronization-sync_from": _english()}
    ask("mirror the tree", f"/admin/locales/{locale}/", data=form)
    ask(
        "translate the tree",
        f"/admin/localize/submit/page/{keys['home']}/",
        data={"locales": [locale], "include_subtree": "on"},
    )
    ask("explorer at last", f"/admin/pages/{keys['home']}/")
    anybody = Client(raise_request_exception=False)
    for name, (address, _status) in PUBLIC.items():
        ask(f"public {name}", address.format(**keys), client=anybody)
    from django.core.management import call_command

    call_command("publish_scheduled", verbosity=0)
    call_command("update_index", verbosity=0, stdout=sys.stderr)
    call_command("rebuild_references_index", verbosity=0, stdout=sys.stderr)
    kept = {state: Page.objects.filter(pk=keys[state]).exists() for state in states}
    expired = not Page.objects.get(pk=keys["expired"]).live
    unchanged = all(Page.objects.get(pk=keys[state]).latest_revision_id == before[keys[state]] for state in states)
    print(json.dumps({"said": said, "kept": kept, "expired": expired, "unchanged": unchanged}))


def _dutch() -> int:
    from wagtail.models import Locale

    return Locale.objects.get(language_code="nl").pk


def _english() -> int:
    from wagtail.models import Locale

    return Locale.objects.get(language_code="en").pk


def _patterns(patterns: Any, prefix: str = "", namespace: str = "") -> Iterator[tuple[str, str, dict[str, Any]]]:
    from django.urls import URLResolver
    from django.urls.resolvers import RoutePattern

    for pattern in patterns:
        is_route = isinstance(pattern.pattern, RoutePattern)
        route = prefix + str(pattern.pattern) if is_route else ""
        if isinstance(pattern, URLResolver):
            if is_route:
                yield from _patterns(pattern.url_patterns, route, getattr(pattern, "namespace", None) or namespace)
        elif is_route:
            yield route, namespace, pattern.pattern.converters


def _all() -> list[tuple[str, str, dict[str, Any]]]:
    from django.urls import get_resolver

    return list(_patterns(get_resolver().url_patterns))


def _without_parameters() -> list[str]:
    """Return every address of the admin that needs nothing to be filled in."""
    left = ("logout", "login", "password", "dismissibles", "account")
    routes = (route for route, _namespace, converters in _all() if route.startswith("admin/") and not converters)
    return [f"/{route}" for route in routes if not any(word in route for word in left)]


def _about_one_page(pk: int, *, home: int, revision: int) -> Iterator[str]:
    """Yield every address of the admin that is about this page."""
    for route, namespace, converters in _all():
        if namespace not in {"wagtailadmin_pages", "wagtail_localize"} and "privacy" not in route:
            continue
        names = list(converters)
        if not set(names) & set(KEYS) or "translation_id" in names:
            continue
        filled = route
        for name in names:
            value = {"destination_id": home, "position": 0, "action_name": "approve", "task_state_id": 1, "mode": ""}
            value |= {
                "revision_id": revision,
                "revision_id_a": revision,
                "revision_id_b": revision,
                "workflow_state_id": 1,
            }
            value |= {"content_type_app_name": "hub_cms", "content_type_model_name": "rolepage", "task_id": 1}
            chosen = pk if name in KEYS else value.get(name, 1)
            filled = filled.replace(next(part for part in _parts(filled) if part.endswith(f"{name}>")), str(chosen), 1)
        yield f"/{filled}"


def _parts(route: str) -> list[str]:
    return [f"<{part.partition('>')[0]}>" for part in route.split("<")[1:]]


if __name__ == "__main__":
    django.setup()
    fill() if sys.argv[1] == "fill" else visit(json.loads(sys.argv[2]))
