"""A story without a translation, or with an outdated one, does not slip into the mail of a language."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone, translation
from wagtail.models import Page
from wagtail_localize.models import StringSegment, StringTranslation, Translation
from wagtail_localize.operations import translate_object

from cms.plugins.issue_checks import Finding
from newsletters.exceptions import ChecksFailed
from newsletters.issues.checking import require_sound, run_checks
from tests.newsletters.building import Hub

WORDS = {
    "en": {"subject": "What moves citizens", "preheader": "Stories from villages."},
    "nl": {"subject": "Wat burgers beweegt", "preheader": "Verhalen uit dorpen."},
}


@pytest.fixture
def sound(hub: Hub) -> Hub:
    """A hub whose issue has no findings."""
    hub.edit(words=WORDS)
    return hub


def found(hub: Hub) -> list[Finding]:
    return run_checks(hub.draft(), compiled=hub.compile(), now=hub.now)


def only(hub: Hub) -> Finding:
    (finding,) = found(hub)
    return finding


def delete_dutch(hub: Hub) -> Any:
    hub.articles["open-data"]["nl"].delete()
    return hub.articles["open-data"]["en"]


def stops(hub: Hub) -> bool:
    with pytest.raises(ChecksFailed) as stopped:
        require_sound(hub.draft(), compiled=hub.compile(), now=hub.now)
    return "Nederlands" in str(stopped.value)


def test_a_page_that_only_mirrors_another_language_stops_the_issue(sound: Hub) -> None:
    delete_dutch(sound).copy_for_translation(sound.locales["nl"], alias=True)
    finding = only(sound)
    assert (finding.code, finding.level, finding.language) == ("source-mirror", "error", "nl")
    assert "“Open data for all” is not translated into Nederlands" in finding.message
    with translation.override("nl"):
        assert "“Open data for all” is niet in het Nederlands vertaald" in only(sound).message
    assert stops(sound)


def test_a_translation_that_was_never_published_stops_the_issue(sound: Hub) -> None:
    translate_object(delete_dutch(sound), [sound.locales["nl"]])
    finding = only(sound)
    assert (finding.code, finding.level, finding.language) == ("source-draft", "error", "nl")
    assert "into Nederlands, “Open data for all”, is a draft" in finding.message
    with translation.override("nl"):
        assert "“Open data for all”, is een concept" in only(sound).message
    assert stops(sound)


def translated(hub: Hub) -> Translation:
    """Return the Dutch translation of the first article, in which no text is translated yet."""
    translate_object(delete_dutch(hub), [hub.locales["nl"]])
    return Translation.objects.get(source__object_id=hub.articles["open-data"]["en"].translation_key)


def publish(hub: Hub, of: Translation) -> None:
    page = of.get_target_instance()
    page.get_latest_revision().publish()
    hub.update_stories()


def fill_in(into: Translation) -> None:
    for segment in StringSegment.objects.filter(source=into.source).exclude(context__path="slug"):
        words = {"locale": into.target_locale, "data": f"Woorden {segment.order}"}
        StringTranslation.objects.create(translation_of=segment.string, context=segment.context, **words)


def test_a_page_that_was_published_with_texts_that_are_not_translated_stops_the_issue(sound: Hub) -> None:
    publish(sound, translated(sound))
    finding = only(sound)
    assert (finding.code, finding.level, finding.language) == ("translation-partial", "error", "nl")
    assert finding.message == "The page “Open data for all” is not translated into Nederlands: it lacks 2 texts."
    with translation.override("nl"):
        assert "in het Nederlands vertaald: er ontbreken 2 teksten" in only(sound).message
    assert stops(sound)


def test_a_page_that_is_translated_whole_is_sound(sound: Hub) -> None:
    into = translated(sound)
    fill_in(into)
    into.save_target(publish=False)
    publish(sound, into)
    assert found(sound) == []


def test_an_original_that_was_published_since_its_translation_is_a_finding(sound: Hub) -> None:
    english = Page.objects.filter(pk=sound.articles["open-data"]["en"].pk)
    english.update(last_published_at=timezone.now() + timedelta(minutes=1))
    finding = only(sound)
    assert (finding.code, finding.level, finding.language) == ("translation-outdated", "warning", "nl")
    assert "The page in English was published after its translation into Nederlands" in finding.message
    with translation.override("nl"):
        assert "is gepubliceerd na de vertaling in het Nederlands, “Open data voor iedereen”" in only(sound).message


def test_the_original_is_the_page_that_was_published_first(sound: Hub) -> None:
    dutch = Page.objects.filter(pk=sound.articles["open-data"]["nl"].pk)
    dutch.update(first_published_at=sound.now - timedelta(days=3), last_published_at=timezone.now())
    finding = only(sound)
    assert (finding.code, finding.language) == ("translation-outdated", "en")
    assert "The page in Nederlands was published after its translation into English" in finding.message


def test_a_translation_that_was_changed_and_not_published_is_a_finding(sound: Hub) -> None:
    into = translated(sound)
    fill_in(into)
    into.save_target(publish=False)
    publish(sound, into)
    Translation.objects.filter(pk=into.pk).update(translations_last_updated_at=timezone.now() + timedelta(minutes=1))
    assert (only(sound).code, only(sound).level) == ("translation-outdated", "warning")


def test_a_page_that_was_published_in_no_language_is_not_called_a_translation(sound: Hub) -> None:
    pages = [page.pk for page in sound.articles["open-data"].values()]
    Page.objects.filter(pk__in=pages).update(live=False, first_published_at=None)
    assert (only(sound).code, only(sound).language) == ("source-unpublished", "")
