"""A hub in which a plugin made pages of every kind and was then left out; run as a program in separate processes.

`python -m tests.cms.admin.gone_plugin fill` makes the pages, with the plugin; `… visit` requests every address
without the plugin and prints the answers as JSON.
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
    """Make pages of the plugin in every state, and everything that links to them."""
    from django.core.management import call_command
    from wagtail.models import Locale
    from wagtail_localize.models import Translation
    from wagtail_localize.operations import translate_object

    call_command("migrate", verbosity=0)
    home, boss = _hub()
    pages = _vacancies(home, boss=boss)
    pages |= _leading_there(home, pages["changed"], boss=boss)
    pages |= {"home": home, "issue": _issue(home, pages["changed"], boss=boss)}
    translate_object(pages["plain"], [Locale.objects.get_or_create(language_code="nl")[0]], user=boss)
    translation = Translation.objects.get(source__object_id=pages["plain"].translation_key)
    keys = {name: page.pk for name, page in pages.items()}
    print(json.dumps(keys | {"translation": translation.pk, "source": translation.source_id}))


def _hub() -> tuple[Any, Any]:
    from django.contrib.auth import get_user_model
    from django.core.cache import cache
    from wagtail.models import Locale, Page, Site

    from cms.models import HomePage
    from tests.conftest import add_page

    cache.clear()
    Site.objects.all().delete()
    Page.objects.filter(depth__gt=1).delete()
    english = Locale.objects.get_or_create(language_code="en")[0]
    home = add_page(Page.objects.get(depth=1), HomePage(title="Hub", slug="home", locale=english))
    Site.objects.create(hostname="hub.test", site_name="Hub", root_page=home, is_default_site=True)
    return home, get_user_model().objects.create_superuser("boss", "boss@hub.test", "x")


def _vacancies(home: Any, *, boss: Any) -> dict[str, Any]:
    """Return one vacancy in each state."""
    from django.utils import timezone
    from vacancies.models import VacancyPage
    from wagtail.models import Page, PageViewRestriction, Workflow

    from tests.conftest import add_page

    now = timezone.now()
    soon, past = now + timedelta(days=1), now - timedelta(minutes=1)

    def vacancy(slug: str) -> Any:
        page = VacancyPage(title=f"Wanted: {slug}", slug=slug, employer="We", closes_at=soon)
        add_page(home, page, live=slug != "draft").save_revision(user=boss, log_action=True)
        if slug != "draft":
            page.get_latest_revision().publish(user=boss)
        return VacancyPage.objects.get(pk=page.pk)

    slugs = ("plain", "changed", "draft", "locked", "private", "expired", "moderated", "scheduled", "due")
    pages = {slug: vacancy(slug) for slug in slugs}
    pages["scheduled"].go_live_at = soon
    pages["scheduled"].save_revision(user=boss).publish(user=boss)
    revision = pages["due"].save_revision(user=boss)
    type(revision).objects.filter(pk=revision.pk).update(approved_go_live_at=past)
    Page.objects.filter(pk=pages["expired"].pk).update(expire_at=past)
    Page.objects.filter(pk=pages["locked"].pk).update(locked=True, locked_by=boss, locked_at=now)
    PageViewRestriction.objects.create(page=pages["private"], restriction_type=PageViewRestriction.LOGIN)
    pages["moderated"].save_revision(user=boss)
    Workflow.objects.first().start(pages["moderated"], boss)
    pages["alias"] = pages["changed"].create_alias(update_slug="alias")
    return pages


def _leading_there(home: Any, changed: Any, *, boss: Any) -> dict[str, Any]:
    """Return what links to the vacancy `changed`, and what it links to, including unpublished changes."""
    from wagtail.contrib.redirects.models import Redirect

    from cms.models import RolePage
    from tests.conftest import add_page, new_image

    image, linked = new_image("Desk"), add_page(home, RolePage(title="Linked", slug="linked"))
    changed.title, changed.image = "Wanted: changed, anew", image
    changed.body = [("image", {"image": image, "alt": "A desk", "caption": ""}), ("related", [linked])]
    changed.save()
    changed.save_revision(user=boss, log_action=True)
    links = f'<p><a linktype="page" id="{changed.pk}">Wanted</a></p>'
    body = [("text", links), ("related", [changed])]
    linking = add_page(home, RolePage(title="Linking", slug="linking", body=body))
    linking.save_revision(user=boss)
    Redirect.objects.create(old_path="/old", redirect_page=changed, site=None)
    return {"image": image, "linked": linked, "linking": linking}


def _issue(home: Any, told: Any, *, boss: Any) -> Any:
    from django.utils import timezone

    from newsletters.models import IssuePage, IssueText, Newsletter, NewsletterPage, NewsletterText
    from tests.conftest import add_page

    words = {"name": "Letter", "slug": "letter", "sender_name": "We", "postal_address": "X"}
    newsletter = Newsletter(sender_email="a@hub.test", reply_to="b@hub.test", **words)
    newsletter.texts.set([NewsletterText(locale=home.locale, title="Letter", consent_wording="Yes.")])
    newsletter.save()
    letter = add_page(home, NewsletterPage(title="Letter", slug="letter", newsletter=newsletter))
    issue: Any = IssuePage(title="May", slug="may", issue_date=timezone.localdate(), live=False, locale=home.locale)
    issue.texts = [IssueText(locale=home.locale, subject="May", title="May")]
    row = {"language": "en", "title": "", "teaser": "", "link_text": ""}
    issue.body = [("story", {"page": told, "is_lead": False, "texts": [row]})]
    letter.add_child(instance=issue)
    issue.save_revision(user=boss)
    return issue


def visit(keys: dict[str, int]) -> None:
    """Print the answer of each address; errors count as the server errors that Django makes of them."""
    from django.contrib.auth import get_user_model
    from django.core.management import call_command
    from django.test import Client
    from wagtail.models import Page, Revision

    admin = Client(raise_request_exception=False)
    admin.force_login(get_user_model().objects.get(username="boss"))
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
    _try_to_change(ask, keys=keys, states=states)
    ask("explorer at last", f"/admin/pages/{keys['home']}/")
    anybody = Client(raise_request_exception=False)
    for name, (address, _status) in PUBLIC.items():
        ask(f"public {name}", address.format(**keys), client=anybody)
    call_command("publish_scheduled", verbosity=0)
    call_command("update_index", verbosity=0, stdout=sys.stderr)
    call_command("rebuild_references_index", verbosity=0, stdout=sys.stderr)
    kept = {state: Page.objects.filter(pk=keys[state]).exists() for state in states}
    expired = not Page.objects.get(pk=keys["expired"]).live
    unchanged = all(Page.objects.get(pk=keys[state]).latest_revision_id == before[keys[state]] for state in states)
    print(json.dumps({"said": said, "kept": kept, "expired": expired, "unchanged": unchanged}))


def _try_to_change(ask: Any, *, keys: dict[str, int], states: tuple[str, ...]) -> None:
    """Send requests that would change such pages in a list, or the pages above them."""
    from wagtail.models import Locale

    locales = dict(Locale.objects.values_list("language_code", "pk"))
    ask("update the translations", f"/admin/localize/update/{keys['source']}/", data={"publish_translations": "on"})
    ask("stop the translation", f"/admin/localize/translate/{keys['translation']}/disable/", data={})
    for action in ("delete", "move", "publish", "unpublish"):
        ids = "&".join(f"id={keys[state]}" for state in states)
        ask(f"bulk {action}", f"/admin/bulk/wagtailcore/page/{action}/?{ids}", data={"chooser": keys["home"]})
    above = "/admin/bulk/wagtailcore/page/{}/?id=" + str(keys["home"])
    ask("bulk delete above", above.format("delete"), data={})
    ask("bulk publish above", above.format("publish"), data={"include_descendants": "on"})
    ask("delete above", f"/admin/pages/{keys['home']}/delete/", data={})
    ask("copy above", f"/admin/pages/{keys['home']}/copy/", data={"new_title": "x", "copy_subpages": "on"})
    form = {"language_code": "nl", "component-wagtail_localize_localesynchronization-enabled": "on"}
    form |= {"component-wagtail_localize_localesynchronization-sync_from": locales["en"]}
    ask("mirror the tree", f"/admin/locales/{locales['nl']}/", data=form)
    ask(
        "translate the tree",
        f"/admin/localize/submit/page/{keys['home']}/",
        data={"locales": [locales["nl"]], "include_subtree": "on"},
    )


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
    """Return every address of the admin without parameters."""
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
