"""Staff define own fields in the admin; what readers answered is not lost by mistake."""

from __future__ import annotations

from typing import Any

from django.test import Client
from django.urls import reverse

from newsletters.models import OwnField, OwnValue, Segment
from tests.newsletters.audience.own_fields.conftest import AddField
from tests.newsletters.audience.test_subscriptions import client_of
from tests.newsletters.building import Hub


def filled_in(hub: Hub, *, key: str = "sector", kind: str = "choice", choices: tuple[str, ...] = ("school",)) -> Any:
    """Return what the form of a new field sends."""
    data: dict[str, object] = {"key": key, "kind": kind, "is_on_own_page": "on"}
    counts = {"TOTAL_FORMS": 1, "INITIAL_FORMS": 0, "MIN_NUM_FORMS": 0, "MAX_NUM_FORMS": 1000}
    data |= {f"texts-{name}": value for name, value in counts.items()}
    data |= {
        "texts-0-locale": hub.locales["en"].pk,
        "texts-0-label": "Sector",
        "texts-0-help_text": "",
        "texts-0-id": "",
    }
    data |= {f"choices-{name}": value for name, value in (counts | {"TOTAL_FORMS": len(choices)}).items()}
    for place, choice in enumerate(choices):
        here = f"choices-{place}"
        data |= {f"{here}-key": choice, f"{here}-is_offered": "on", f"{here}-id": "", f"{here}-ORDER": place + 1}
        data |= {f"{here}-texts-{name}": value for name, value in counts.items()}
        data |= {f"{here}-texts-0-locale": hub.locales["en"].pk, f"{here}-texts-0-label": choice.capitalize()}
        data |= {f"{here}-texts-0-id": ""}
    return data


def stored(hub: Hub, own_field: OwnField) -> dict[str, object]:
    """Return what the form of this field sends if nothing is changed."""
    choices = list(own_field.choices.all())
    data = filled_in(hub, key=own_field.key, kind=own_field.kind, choices=tuple(choice.key for choice in choices))
    texts = list(own_field.texts.all())
    data |= {"texts-INITIAL_FORMS": len(texts), "texts-TOTAL_FORMS": len(texts), "choices-INITIAL_FORMS": len(choices)}
    for place, text in enumerate(texts):
        data |= {f"texts-{place}-id": text.pk, f"texts-{place}-locale": text.locale_id}
        data |= {f"texts-{place}-label": text.label, f"texts-{place}-help_text": text.help_text}
    for place, choice in enumerate(choices):
        data[f"choices-{place}-id"] = choice.pk
        labels = list(choice.texts.all())
        data |= {f"choices-{place}-texts-{name}_FORMS": len(labels) for name in ("INITIAL", "TOTAL")}
        for number, text in enumerate(labels):
            here = f"choices-{place}-texts-{number}"
            data |= {f"{here}-id": text.pk, f"{here}-locale": text.locale_id, f"{here}-label": text.label}
    return data


def edit(client: Client, own_field: OwnField, data: dict[str, object]) -> Any:
    return client.post(reverse("own_fields:edit", args=[own_field.pk]), data)


def test_staff_define_a_field_with_its_words_and_choices(hub: Hub) -> None:
    client = client_of(hub, "administrator")
    answer = client.post(reverse("own_fields:add"), filled_in(hub, choices=("school", "museum")))
    assert answer.status_code == 302, answer.content.decode()
    own_field = OwnField.objects.get()
    assert str(own_field) == "Sector"
    assert own_field.choice_labels("en") == {"school": "School", "museum": "Museum"}
    page = client.get(reverse("own_fields:index")).content.decode()
    assert "Sector" in page


def test_a_key_that_files_have_already_is_refused(hub: Hub) -> None:
    client = client_of(hub, "administrator")
    for key in ("email", "voornaam", "status", "Sector", "2nd", "a b", "since"):
        assert client.post(reverse("own_fields:add"), filled_in(hub, key=key)).status_code == 200, key
    assert not OwnField.objects.exists()


def test_a_choice_field_needs_a_choice(hub: Hub) -> None:
    answer = client_of(hub, "administrator").post(reverse("own_fields:add"), filled_in(hub, choices=()))
    assert "Add at least one choice." in answer.content.decode()


def test_key_and_kind_stay(hub: Hub, add_field: AddField) -> None:
    own_field = add_field("sector", kind="text")
    client = client_of(hub, "administrator")
    for change in ({"key": "branch"}, {"kind": "date"}):
        answer = edit(client, own_field, stored(hub, own_field) | change)
        assert "This cannot be changed any more." in answer.content.decode()
    assert edit(client, own_field, stored(hub, own_field)).status_code == 302


def test_a_choice_that_readers_have_is_not_dropped_but_can_be_retired(hub: Hub, add_field: AddField) -> None:
    own_field = add_field("sector", kind="choice", choices=("school", "museum"))
    [ann] = hub.subscribe("ann")
    OwnValue.objects.create(subscriber=ann.subscriber, own_field=own_field, value="museum")
    client, data = client_of(hub, "administrator"), stored(hub, own_field)
    refused = edit(client, own_field, data | {"choices-1-DELETE": "on"})
    assert "1 reader has the choice “museum”." in refused.content.decode()
    renamed = edit(client, own_field, data | {"choices-1-key": "gallery"})
    assert "1 reader has the choice “museum”." in renamed.content.decode()
    assert own_field.choices.count() == 2
    retired = {name: value for name, value in data.items() if name != "choices-1-is_offered"}
    assert edit(client, own_field, retired).status_code == 302
    fresh = OwnField.objects.get()
    assert fresh.choice_labels("en") == {"school": "School"}
    assert fresh.in_words("museum", "en") == "Museum"
    assert edit(client, own_field, retired | {"choices-0-DELETE": "on"}).status_code == 302  # nobody has it


def test_deleting_says_how_many_answers_and_which_segments_it_takes(hub: Hub, add_field: AddField) -> None:
    own_field = add_field("sector")
    for subscription in hub.subscribe("ann", "bob"):
        OwnValue.objects.create(subscriber=subscription.subscriber, own_field=own_field, value="School")
    conditions = [{"kind": "own-sector", "values": {"how": "known", "answer": ""}}]
    Segment.objects.create(newsletter=hub.newsletter, name="Asked", conditions=conditions)
    client, address = client_of(hub, "administrator"), reverse("own_fields:delete", args=[own_field.pk])
    page = client.get(address).content.decode()
    assert "2 readers have answered “Sector”." in page
    assert "Asked" in page
    assert OwnValue.objects.count() == 2  # a GET changes nothing
    client.post(address)
    assert not OwnField.objects.exists()
    assert not OwnValue.objects.exists()


def test_only_those_with_the_right_define_fields(hub: Hub) -> None:
    for role in ("editor", "approver", "outsider"):
        client = client_of(hub, role)
        assert client.post(reverse("own_fields:add"), filled_in(hub)).status_code in {302, 403}
    assert not OwnField.objects.exists()


def test_deleting_names_the_unsent_issues_that_greet_with_it(hub: Hub, add_field: AddField) -> None:
    own_field, other = add_field("organisation"), add_field("sector")
    hub.edit(words={"en": {"greeting": "Dear {name} of {organisation|your club},"}})
    client = client_of(hub, "administrator")
    edit_issue = reverse("wagtailadmin_pages:edit", args=[hub.issue.pk])

    def is_named(field: OwnField) -> bool:
        return edit_issue in client.get(reverse("own_fields:delete", args=[field.pk])).content.decode()

    assert is_named(own_field)
    assert not is_named(other)


def test_what_is_wrong_in_the_form_is_said_in_plain_words(hub: Hub) -> None:
    client, address = client_of(hub, "administrator"), reverse("own_fields:add")

    def page(data: Any) -> str:
        answer = client.post(address, data)
        assert answer.status_code == 200
        words = answer.content.decode()
        assert "Please submit at least" not in words
        assert "Please correct the duplicate data" not in words
        return words

    nothing = {"texts-TOTAL_FORMS": 0}
    assert "Write its words in at least one language" in page(filled_in(hub) | nothing)
    assert "Write its label in at least one language" in page(filled_in(hub) | {"choices-0-texts-TOTAL_FORMS": 0})
    assert "Two choices have the same key." in page(filled_in(hub, choices=("school", "school")))
    twice = {
        "texts-TOTAL_FORMS": 2,
        "texts-1-locale": hub.locales["en"].pk,
        "texts-1-label": "Branch",
        "texts-1-id": "",
    }
    assert "only once in each" in page(filled_in(hub) | twice)
    assert not OwnField.objects.exists()


def test_two_choices_of_a_language_need_two_labels(hub: Hub) -> None:
    client, address = client_of(hub, "administrator"), reverse("own_fields:add")
    data = filled_in(hub, choices=("school", "museum")) | {"choices-1-texts-0-label": "SCHOOL"}
    assert "Two choices have the label “school” in a language." in client.post(address, data).content.decode()
    dutch = {"choices-1-texts-0-locale": hub.locales["nl"].pk}
    assert client.post(address, data | dutch).status_code == 302
