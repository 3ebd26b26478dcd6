"""Articles: by whom, in which series, how long they take to read, and what to read next."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cms.api.build import build_detail
from cms.previews import find_preview, start_preview
from themes.models import ArticleAuthor, ArticlePage, RelatedArticle, Series
from themes.models.article import WORDS_A_MINUTE, minutes_to_read

pytestmark = pytest.mark.django_db


def told(client: Any, page: Any) -> dict[str, Any]:
    return client.get(f"/api/v1/pages/{page.pk}").json()


def test_the_time_to_read_is_that_of_all_words_rounded_up(client: Any, make_article: Any) -> None:
    assert [minutes_to_read(words) for words in (0, 1, WORDS_A_MINUTE, WORDS_A_MINUTE + 1)] == [0, 1, 1, 2]
    words = "<p>" + "word " * WORDS_A_MINUTE + "</p>"
    page = make_article("long", body=[("text", words), ("quote", {"text": "One more", "attribution": ""})])
    assert told(client, page)["reading_minutes"] == 2
    assert "2 minutes to read" in client.get(page.url).content.decode()
    listed = client.get("/api/v1/pages?type=article").json()["items"]
    assert [item["reading_minutes"] for item in listed] == [2]
    page.body = []
    page.save_revision().publish()
    assert told(client, page)["reading_minutes"] == 0
    assert "to read" not in client.get(page.url).content.decode()


def test_an_article_names_its_authors(client: Any, make_article: Any, person: Any) -> None:
    page = make_article("one")
    page.authors.set(
        [ArticleAuthor(member=person), ArticleAuthor(function="Researcher", organisation="A university", sort_order=1)]
    )
    page.save()
    found = told(client, page)
    assert [(each["name"], each["function"]) for each in found["authors"]] == [("Sam", ""), ("", "Researcher")]
    article = next(each for each in found["seo"]["json_ld"]["@graph"] if each["@type"] == "Article")
    assert [each["name"] for each in article["author"]] == ["Sam", "Researcher"]
    shown = client.get(page.url).content.decode()
    assert '<a href="/en/team/sam/">Sam</a>' in shown
    assert "A university" in shown
    found = client.get(f"/api/v1/pages?person={person.pk}").json()["items"]
    assert [item["slug"] for item in found] == ["one"]
    assert client.get(f"/api/v1/pages?person={2**31}").status_code == 422


def test_articles_of_people_are_found_by_the_person_in_any_language(
    client: Any, make_article: Any, person: Any, home_nl: Any
) -> None:
    page = make_article("one")
    page.authors.set([ArticleAuthor(member=person)])
    page.save()
    dutch = person.copy_for_translation(home_nl.locale, copy_parents=True)
    for key in (person.pk, dutch.pk):
        assert [item["slug"] for item in client.get(f"/api/v1/pages?person={key}").json()["items"]] == ["one"]


def test_only_public_articles_are_read_next_and_never_the_same(client: Any, make_article: Any) -> None:
    page, other, draft, gone = (make_article(slug) for slug in ("one", "two", "draft", "gone"))
    page.related_articles.set(
        [RelatedArticle(article=each, sort_order=n) for n, each in enumerate((draft, other, page, gone))]
    )
    page.save()
    draft.unpublish()
    gone.delete()
    assert [ref["title"] for ref in told(client, page)["related_articles"]] == ["Two"]
    assert "Read on" in client.get(page.url).content.decode()


def test_a_preview_shows_what_is_not_saved(make_article: Any, admin_user: Any, site: Any) -> None:
    page = make_article("one")
    page.authors.set([ArticleAuthor(name="Guest")])
    now = timezone.now()
    found = find_preview(token=start_preview(page=page, user=admin_user, now=now), now=now)
    assert found is not None
    detail: Any = build_detail(page=found, site=site, now=now, draft=True)
    assert [each.name for each in detail.authors] == ["Guest"]


def test_a_detail_costs_the_same_for_one_and_for_many(client: Any, make_article: Any, person: Any) -> None:
    series = Series.objects.create(slug="stories")
    others = [make_article(f"other-{number}") for number in range(10)]
    counts = []
    for amount in (1, 10):
        page = make_article(f"with-{amount}", series=series)
        page.authors.set([ArticleAuthor(member=person, sort_order=n) for n in range(amount)])
        page.related_articles.set([RelatedArticle(article=each) for each in others[:amount]])
        page.save()
        cache.clear()
        with CaptureQueriesContext(connection) as captured:
            found = told(client, page)
        assert (len(found["authors"]), len(found["related_articles"])) == (amount, amount)
        assert found["series"] == {"slug": "stories", "name": "stories"}
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_saving_other_fields_leaves_the_time_to_read(make_article: Any) -> None:
    page = make_article("one", body=[("text", "<p>Word</p>")])
    page.body = []
    page.title = "Two"
    page.save(update_fields=["title"])
    assert ArticlePage.objects.get(pk=page.pk).reading_minutes == 1
