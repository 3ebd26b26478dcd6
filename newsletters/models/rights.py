"""Who may approve and send the issues of a newsletter: of all of them, or of this one."""

from __future__ import annotations

from typing import Any, Literal

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.db.models import Q, QuerySet

from newsletters.models.newsletter import Newsletter

Verb = Literal["approve", "send"]
VERBS: tuple[Verb, ...] = ("approve", "send")


def has_right(user: Any, verb: Verb, newsletter: Newsletter | None) -> bool:
    """Say whether the user has this right for all newsletters or for this one, for any one if it is None.

    What groups give is read once for each user object, as Django does with permissions.
    """
    if user is None or not user.is_active:
        return False
    if user.has_perm(f"hub_newsletters.{verb}_issuepage"):
        return True
    own = _own_rights(user)
    return any(each == verb for each, _pk in own) if newsletter is None else (verb, newsletter.pk) in own


def _own_rights(user: Any) -> set[tuple[str, int]]:
    if not hasattr(user, "_newsletter_rights"):
        user._newsletter_rights = {
            (verb, pk)
            for verb, field in (("approve", "approving_groups"), ("send", "sending_groups"))
            for pk in Newsletter.objects.filter(**{f"{field}__user": user.pk}).values_list("pk", flat=True)
        }
    rights: set[tuple[str, int]] = user._newsletter_rights
    return rights


def groups_with(verb: Verb, newsletter: Newsletter) -> QuerySet[Group]:
    """Return the groups that have this right for all newsletters or for this one."""
    right = Permission.objects.filter(codename=f"{verb}_issuepage", content_type__app_label="hub_newsletters")
    own = newsletter.approving_groups if verb == "approve" else newsletter.sending_groups
    return Group.objects.filter(Q(permissions__in=right) | Q(pk__in=own.values("pk"))).distinct()


def users_with(verb: Verb, newsletter: Newsletter) -> QuerySet[Any]:
    """Return the people with this right by a group or by name, in order; administrators may all, and are not named."""
    right = Permission.objects.filter(codename=f"{verb}_issuepage", content_type__app_label="hub_newsletters")
    users = get_user_model().objects.filter(is_active=True, is_superuser=False)
    by_group = Q(groups__in=groups_with(verb, newsletter))
    return users.filter(by_group | Q(user_permissions__in=right)).distinct().order_by("pk")
