"""Staff with roles, and subscribers with different themes and languages, all with addresses in a reserved domain."""

from __future__ import annotations

import random
import secrets
import unicodedata
from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import combinations
from pathlib import Path

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.db.models import QuerySet
from wagtail.models import Collection, GroupCollectionPermission, GroupPagePermission, Locale, Page

from cms.models import Theme
from demo.texts import load
from newsletters.models import (
    ConsentEvent,
    ConsentSource,
    Newsletter,
    OwnField,
    OwnFieldText,
    OwnValue,
    Subscriber,
    Subscription,
    ThemeSet,
)

SUBSCRIBERS = 340
PAGE_PERMISSIONS = {
    "editor": ("add_page", "change_page", "publish_page"),
    "approver": ("change_page", "publish_page"),
}
OWN_PERMISSIONS = {
    "editor": (
        "access_admin",
        "add_issuepage",
        "view_newsletter",
        "add_series",
        "change_series",
    ),  # sees numbers, and no addresses
    "approver": (
        "access_admin",
        "approve_issuepage",
        "send_issuepage",
        "view_newsletter",
        "view_subscription",
    ),
}
FILE_PERMISSIONS = (
    "add_image",
    "change_image",
    "choose_image",
    "add_document",
    "change_document",
    "choose_document",
)
Status = Subscription.Status


def load_staff(*, passwords_dir: Path) -> dict[str, str]:
    """Make an editor, an approver and an administrator; return their passwords by user name."""
    return {name: _user(name, passwords_dir=passwords_dir) for name in ("editor", "approver", "administrator")}


def _user(name: str, *, passwords_dir: Path) -> str:
    path = passwords_dir / f"password_{name}"
    is_new = not path.exists()
    if is_new:
        path.write_text(f"{name}-{secrets.token_hex(3)}")
        path.chmod(0o600)
    password = path.read_text()
    model = get_user_model()
    user, created = model.objects.get_or_create(
        username=name,
        defaults={
            "email": f"{name}@innovationhub.example",
            "first_name": name.capitalize(),
            "last_name": "of the hub",  # required on Wagtail's account page
        },
    )
    if created or is_new:
        user.set_password(password)
    user.is_superuser = user.is_staff = name == "administrator"
    user.save()
    if name in PAGE_PERMISSIONS:
        user.groups.set([_group(name)])
    return password


def _group(name: str) -> Group:
    group, _created = Group.objects.get_or_create(name=f"{name.capitalize()}s of the hub")
    group.permissions.set(Permission.objects.filter(codename__in=OWN_PERMISSIONS[name]))
    root = Page.get_first_root_node()
    for permission in _permissions("wagtailcore", PAGE_PERMISSIONS[name]):
        GroupPagePermission.objects.get_or_create(group=group, page=root, permission=permission)
    collection = Collection.get_first_root_node()
    for permission in _permissions(None, FILE_PERMISSIONS):
        GroupCollectionPermission.objects.get_or_create(group=group, collection=collection, permission=permission)
    return group


def _permissions(app_label: str | None, codenames: Iterable[str]) -> QuerySet[Permission]:
    found = Permission.objects.filter(codename__in=codenames)
    return found.filter(content_type__app_label=app_label) if app_label else found


@transaction.atomic
def load_subscribers(*, newsletter: Newsletter, now: datetime) -> int:
    """Make the subscribers unless there are any; return how many are active."""
    if not newsletter.subscriptions.exists():
        chance = random.Random("subscribers")
        locales = [Locale.objects.get(language_code=code) for code in ("nl", "nl", "nl", "en", "en")]
        sets = _theme_sets()
        subscribers = Subscriber.objects.bulk_create(_subscribers(chance))
        subscriptions = Subscription.objects.bulk_create(
            Subscription(
                subscriber=subscriber,
                newsletter=newsletter,
                locale=chance.choice(locales),
                theme_set=chance.choice(sets),
                status=_status(number),
                status_changed_at=now - timedelta(days=chance.randrange(1, 700)),
            )
            for number, subscriber in enumerate(subscribers)
        )
        ConsentEvent.objects.bulk_create(_consents(newsletter, subscriptions))
        _ask_for_organisation(subscribers, chance=chance)
    return newsletter.subscriptions.filter(status=Status.ACTIVE).count()


def _subscribers(chance: random.Random) -> list[Subscriber]:
    names = load("subscribers")["first_names"]
    made = []
    for number in range(SUBSCRIBERS):
        name = names[number % len(names)]
        local = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
        # Two addresses contain an invisible character, as addresses from old lists sometimes do.
        hidden = "\u200b" if number in (100, 200) else ""
        made.append(
            Subscriber(
                email=f"{local}.{number + 1}@readers.example{hidden}",
                first_name=name if chance.random() < 0.8 else "",
            )
        )
    return made


def _ask_for_organisation(subscribers: list[Subscriber], *, chance: random.Random) -> None:
    """Define an own field that the sign-up form asks for; one in three readers has answered."""
    own_field = OwnField.objects.create(key="organisation", asks_on_sign_up=True)
    words = {
        "en": ("Organisation", "If you read it for your work: so that we know whom we reach."),
        "nl": ("Organisatie", "Als je hem voor je werk leest: zo weten we wie we bereiken."),
    }
    OwnFieldText.objects.bulk_create(
        OwnFieldText(own_field=own_field, locale=Locale.objects.get(language_code=code), label=label, help_text=why)
        for code, (label, why) in words.items()
    )
    organisations = load("subscribers")["organisations"]
    OwnValue.objects.bulk_create(
        OwnValue(subscriber=subscriber, own_field=own_field, value=chance.choice(organisations))
        for subscriber in subscribers[::3]
    )


def _status(number: int) -> Status:
    """Return the status: one in thirty has unsubscribed."""
    return Status.ENDED if number % 30 == 29 else Status.ACTIVE


def _theme_sets() -> list[ThemeSet]:
    """Return every set of themes, the complete set several times, because more people follow everything."""
    themes = list(Theme.objects.all())
    sets = [ThemeSet.of(some) for n in range(1, len(themes) + 1) for some in combinations(themes, n)]
    return [*sets, *[sets[-1]] * 6]


def _consents(newsletter: Newsletter, subscriptions: list[Subscription]) -> list[ConsentEvent]:
    wordings = {text.locale_id: text.consent_wording for text in newsletter.texts.all()}
    return [
        ConsentEvent(
            subscription=subscription,
            kind=ConsentEvent.Kind.CONFIRMED,
            source=ConsentSource.CONFIRMATION,
            language=subscription.locale.language_code,
            wording=wordings[subscription.locale_id],
            themes=subscription.theme_set.key,
            at=subscription.status_changed_at,
        )
        for subscription in subscriptions
    ]
