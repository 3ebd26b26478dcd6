"""The states of links: of our own pages from the database, of other sites from their last check."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from urllib.parse import SplitResult, unquote, urlsplit

from django.urls import Resolver404, resolve, reverse
from django.utils.translation import gettext as _
from wagtail.contrib.redirects.models import Redirect
from wagtail.documents import get_document_model
from wagtail.models import Page, Site

from cms.content.queries import public_files, public_pages
from cms.content.references import stored_key
from cms.content.site_tree import SiteRoot, structure
from cms.models import GonePath, SiteSettings
from cms.plugins.issue_checks import LinkState, MailToCheck
from cms.values.hosts import with_ascii_host
from newsletters.conf import conf
from newsletters.issues.checking.links.foreign_links import foreign_urls, read_foreign_states

FINE = LinkState(status="fine")
STAFF = LinkState(status="staff")
PRIVATE = LinkState(status="private")
PAGE, DOCUMENT = "wagtail_serve", "wagtaildocs_serve"  # how Wagtail names its routes


def own_hosts() -> frozenset[str]:
    """Return the hosts (with their ports) of our own pages."""
    sites = {root.site.pk: root.site for root in structure().roots}.values()
    addresses = [conf.PUBLIC_URL, *(site.root_url for site in sites)]
    return frozenset(urlsplit(url).netloc for address in addresses for url in (address, with_ascii_host(address)))


def read_link_states(
    mails: Sequence[MailToCheck], *, site: Site, hosts: Collection[str], now: datetime
) -> dict[str, LinkState]:
    """Return the states of all links, by address."""
    urls = {link.url for mail in mails for link in mail.links}
    stories = {story.url for mail in mails for story in mail.stories}  # known to be public, else they are left out
    own = {url: parts for url in urls - stories if (parts := split(url)) and parts.netloc in hosts}
    return {
        **read_foreign_states(foreign_urls(mails, hosts=hosts), now=now),
        **dict.fromkeys(urls & stories, FINE),
        **_own_states(own, site=site, now=now),
    }


def split(url: str) -> SplitResult | None:
    """Return the parts of a web address, None if it is not one."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return parts if parts.scheme in {"http", "https"} and parts.hostname else None


def _own_states(urls: dict[str, SplitResult], *, site: Site, now: datetime) -> dict[str, LinkState]:
    previews = SiteSettings.objects.exclude(preview_url="").values_list("preview_url", flat=True)
    behind = (reverse("wagtailadmin_home"), reverse("api:api-root") + "preview")
    states, pages, documents = {}, {}, {}
    for url, parts in urls.items():
        path = f"/{unquote(parts.path).strip('/')}/".replace("//", "/")
        if path.startswith(behind) or url.startswith(tuple(previews)):
            states[url] = STAFF
            continue
        name, values = _route(unquote(parts.path))
        if name == PAGE:
            pages[url] = path
        elif name == DOCUMENT:
            documents[url] = stored_key(values[0])
        else:
            states[url] = FINE  # a route or a file of ours
    return states | _document_states(documents) | _page_states(pages, site=site, now=now)


def _route(path: str) -> tuple[str, Sequence[object]]:
    """Return the name and the arguments of the route that answers there; Wagtail's own where there is no other."""
    try:
        match = resolve(path)
    except Resolver404:
        return PAGE, ()
    return match.url_name or "", match.args


def _document_states(documents: dict[str, int | None]) -> dict[str, LinkState]:
    """Return the states of links to the documents with these keys; two queries."""
    if not documents:
        return {}
    model = get_document_model()
    there = set(model.objects.filter(pk__in=filter(None, documents.values())).values_list("pk", flat=True))
    public = set(public_files(model).filter(pk__in=there).values_list("pk", flat=True))
    gone = LinkState(status="dead", detail=_("the document was deleted"))
    return {url: FINE if key in public else PRIVATE if key in there else gone for url, key in documents.items()}


def _page_states(paths: dict[str, str], *, site: Site, now: datetime) -> dict[str, LinkState]:
    """Return the states of links to these paths of the site; the number of queries does not grow with them."""
    roots = structure().roots_of(site)
    there = {path: _url_path(path, roots=roots) for path in paths.values()}
    pages = Page.objects.filter(url_path__in=there.values())
    known = set(pages.values_list("url_path", flat=True))
    public = set(
        public_pages(site=site, now=now).filter(url_path__in=there.values()).values_list("url_path", flat=True)
    )
    moved = _moved(paths.values(), site=site)
    gone = set(GonePath.objects.filter(site_id=site.pk, path__in=paths.values()).values_list("path", flat=True))

    def state(path: str) -> LinkState:
        if there[path] in public or path in moved:
            return FINE
        if there[path] in known:
            return PRIVATE
        if path in gone:
            return LinkState(status="dead", detail=_("the page was deleted"))
        return LinkState(status="doubtful", detail=_("none of our pages is at that address"))

    return {url: state(path) for url, path in paths.items()}


def _url_path(path: str, *, roots: list[SiteRoot]) -> str:
    """Return Wagtail's `url_path` of the page at this path of the website."""
    root = next((root for root in roots if path.startswith(root.address)), None)
    return f"{root.url_path}{path.removeprefix(root.address)}" if root else ""


def _moved(paths: Iterable[str], *, site: Site) -> set[str]:
    by_old = {Redirect.normalise_path(path): path for path in paths}
    found = Redirect.get_for_site(site).filter(old_path__in=by_old).values_list("old_path", flat=True)
    return {by_old[old] for old in found}
