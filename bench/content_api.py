"""Compare the Content API with Wagtail's v2 and v3, in one process on the same 200 articles: `make bench`."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bench.measure import Act, Cost, Server

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bench.settings")

ARTICLES = 200
TEXTS = 7
IMAGES = 4


@dataclass(frozen=True, kw_only=True)
class Contest:
    """One kind of answer, how to request it from each API, and how much faster than v2 ours has to be."""

    name: str
    acts: Mapping[str, tuple[Act, Act | None]]
    at_least: float | None = None
    most_queries: int | None = None
    share_of_runs: float = 1


def main() -> None:
    import django

    django.setup()

    from django.core.management import call_command

    from bench.measure import Server

    runs = _arguments().runs
    print("Making the tables …", flush=True)
    call_command("migrate", verbosity=0)
    print(f"Making {ARTICLES} articles with {TEXTS} texts and {IMAGES} images each …", flush=True)
    keys = make_articles()
    server = Server()
    check_that_all_say_the_same(server)
    print(f"Measuring, {runs} runs of each, in turns …\n", flush=True)
    print(f"{'':<20} {'ours':>24} {'Wagtail v2':>24} {'Wagtail v3':>24}   {'v2/ours':>8} {'v3/ours':>8}")
    print(f"{'':<20}" + f"{'ms':>8}{'p95':>8}{'queries':>9}" * 3)
    for contest in contests(server, key=keys[len(keys) // 2]):
        report(contest, runs=runs)


def make_articles() -> list[int]:
    """Make the site and its articles; return the articles' keys."""
    from bench.data import THEMES, WORDS, add_page, article_body, insert_pages, make_images, make_site, next_page_keys
    from cms.models import Theme
    from themes.models import ArticlePage, ThemeIndexPage, ThemePage

    home = make_site()["en"]
    index = add_page(home, ThemeIndexPage(title="Themes", slug="themes"))
    theme = Theme.objects.get(slug=next(iter(THEMES)))
    parent = add_page(index, ThemePage(title="Data", slug="data", theme=theme))
    images = make_images(ARTICLES * IMAGES)
    keys = list(next_page_keys(ARTICLES))
    pages = []
    for number, key in enumerate(keys):
        own = images[number * IMAGES : (number + 1) * IMAGES]
        links = [keys[(number * TEXTS + step + 1) % ARTICLES] for step in range(TEXTS)]
        words = {"title": f"Article {number}", "slug": f"article-{number}", "summary": WORDS}
        body = json.dumps(article_body(links=links, images=own))
        pages.append(ArticlePage(id=key, **words, body=body, image_id=own[0]))
    insert_pages(parent, pages)
    return keys


def check_that_all_say_the_same(server: Server) -> None:
    """Assert that the three APIs list the same articles, so that the same work is compared."""
    from bench import peers

    ours = server.get(ours_list(limit=20)).json()["items"]
    assert len(ours) == 20  # noqa: S101
    assert all(card["image"]["sources"] and card["themes"] and card["tags"] for card in ours)  # noqa: S101
    for address in (peers.v2_list(limit=20), peers.v3_list(limit=20)):
        theirs = server.get(address).json()["items"]
        assert [card["id"] for card in theirs] == [card["id"] for card in ours], address  # noqa: S101
    card = server.get(peers.v2_list(limit=1)).json()["items"][0]
    assert all([card["themes"][0]["names"], card["tags"], card["image_400_webp"]["url"]])  # noqa: S101
    path = f"/themes/data/article-{ARTICLES - 1}/"
    details = [server.get(peers.v2_detail(card["id"])), server.get(peers.v3_detail(card["id"]))]
    details += [server.follow(peers.v2_find(path)), server.follow(peers.v3_find(path))]
    for body in (each.json()["body"] for each in details):
        html = [block["value"] for block in body if block["type"] == "text"]
        assert ['href="/en/' in each for each in html] == [True] * TEXTS, html  # noqa: S101


def ours_list(*, limit: int) -> str:
    """Return the address of the latest articles as cards."""
    return f"/api/v1/pages?type=article&locale=en&limit={limit}"


def contests(server: Server, *, key: int) -> list[Contest]:
    """Return what is measured. Ours is requested right after a content change, unless the name says otherwise."""
    from bench import peers

    path = server.get(f"/api/v1/pages/{key}").json()["path"]
    rest = path.removeprefix("/en")  # Wagtail's own APIs look under the site's root page
    cards: dict[int, dict[str, tuple[Act, Act | None]]] = {
        limit: {
            "ours": _cold(server, ours_list(limit=limit)),
            "v2": _warm(server, peers.v2_list(limit=limit)),
            "v3": (partial(v3_cards, server, limit=limit), None),
        }
        for limit in (20, 100)
    }
    detail: dict[str, tuple[Act, Act | None]] = {
        "ours": _cold(server, f"/api/v1/pages/{key}"),
        "v2": _warm(server, peers.v2_detail(key)),
        "v3": _warm(server, peers.v3_detail(key)),
    }
    resolve: dict[str, tuple[Act, Act | None]] = {
        "ours": _cold(server, f"/api/v1/resolve?path={path}"),
        "v2": (lambda: server.follow(peers.v2_find(rest)), None),
        "v3": (lambda: server.follow(peers.v3_find(rest)), None),
    }
    has_etag = "ETag" in server.get(ours_list(limit=20)).headers
    if not has_etag:
        print("The Content API sends no ETag: there is no 304 to measure.")
    kept = cards[20] | {"ours": _warm(server, ours_list(limit=20))}
    unchanged = cards[20] | {"ours": _not_modified(server, ours_list(limit=20))}
    kept_detail = detail | {"ours": _warm(server, f"/api/v1/pages/{key}")}
    return [
        Contest(name="list of 20", acts=cards[20], at_least=5, most_queries=8),
        Contest(name="list of 100", acts=cards[100], most_queries=8, share_of_runs=0.2),
        Contest(name="detail", acts=detail, most_queries=10),
        Contest(name="resolve", acts=resolve),
        Contest(name="list of 20, cached", acts=kept, at_least=40, most_queries=1),
        *([Contest(name="list of 20, 304", acts=unchanged, most_queries=1)] if has_etag else []),
        Contest(name="detail, cached", acts=kept_detail, most_queries=1),
    ]


def v3_cards(server: Server, *, limit: int) -> None:
    """Request cards from v3: its list, which has titles and addresses only, and each page's detail."""
    from bench import peers

    for each in server.get(peers.v3_list(limit=limit)).json()["items"]:
        server.get(peers.v3_detail(each["id"]))


def _cold(server: Server, address: str) -> tuple[Act, Act]:
    return lambda: server.get(address), server.change


def _warm(server: Server, address: str) -> tuple[Act, None]:
    return lambda: server.get(address), None


def _not_modified(server: Server, address: str) -> tuple[Act, None]:
    validators: dict[str, str] = {}

    def ask_again() -> None:
        if not validators:  # the first request, which does not count; contests before this one change the content
            validators["If-None-Match"] = server.get(address).headers["ETag"]
        server.get(address, expect=304, **validators)

    return ask_again, None


def report(contest: Contest, *, runs: int) -> None:
    """Measure and print one line, and below it each promise that was not kept."""
    from bench.measure import compare

    costs = compare(contest.acts, runs=max(int(runs * contest.share_of_runs), 5))
    ours = costs["ours"]
    ratios = [costs[name].median / ours.median for name in ("v2", "v3")]
    print(f"{contest.name:<20}" + "".join(_columns(costs[name]) for name in ("ours", "v2", "v3")), end="   ")
    print("".join(f"{ratio:>8.1f}×" for ratio in ratios), flush=True)
    if contest.at_least and ratios[0] < contest.at_least:
        print(f"{'':<20} ! promised: {contest.at_least:g} times as fast as v2")
    if contest.most_queries and ours.queries > contest.most_queries:
        print(f"{'':<20} ! promised: at most {contest.most_queries} queries")


def _columns(cost: Cost) -> str:
    return f"{cost.median:>8.2f}{cost.p95:>8.2f}{cost.queries:>9}"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=50, help="how many requests of each kind to make (at least 5)")
    return parser.parse_args()


if __name__ == "__main__":
    main()
