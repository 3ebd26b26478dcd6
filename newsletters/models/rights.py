"""Who may approve and send the issues of a newsletter: of all newsletters, or of this one."""

from __future__ import annotations

from typing import Literal

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractUser, AnonymousUser, Group, Permission, User
from django.db.models import Q, QuerySet

from newsletters.models.newsletter import Newsletter

AnyUser = AbstractUser | AnonymousUser  # `request.user`, or the user that a row names
Verb = Literal["approve", "send"]
VERBS: tuple[Verb, ...] = ("approve", "send")
_OWN_RIGHTS = "_newsletter_rights"  # the attribute in which a user object keeps the rights that were read


def has_right(user: AnyUser | None, verb: Verb, newsletter: Newsletter | None) -> bool:
    """Say whether the user has this right for all newsletters or for this one; for at least one if it is None.

    Rights through groups are read once for each user object, as Django does with permissions.
    """
    if user is None or not user.is_active:
        return False
    if user.has_perm(f"hub_newsletters.{verb}_issuepage"):
        return True
    own = _own_rights(user)
    return any(owned == verb for owned, _pk in own) if newsletter is None else (verb, newsletter.pk) in own


def _own_rights(user: AnyUser) -> set[tuple[str, int]]:
    rights: set[tuple[str, int]] | None = getattr(user, _OWN_RIGHTS, None)
    if rights is None:
        rights = {
            (verb, pk)
            for verb, field in (("approve", "approving_groups"), ("send", "sending_groups"))
            for pk in Newsletter.objects.filter(**{f"{field}__user": user.pk}).values_list("pk", flat=True)
        }
        setattr(user, _OWN_RIGHTS, rights)
    return rights


def groups_with(verb: Verb, newsletter: Newsletter) -> QuerySet[Group]:
    """Return the groups that have this right for all newsletters or for this one."""
    right = Permission.objects.filter(codename=f"{verb}_issuepage", content_type__app_label="hub_newsletters")
    own = newsletter.approving_groups if verb == "approve" else newsletter.sending_groups
    return Group.objects.filter(Q(permissions__in=right) | Q(pk__in=own.values("pk"))).distinct()


def users_with(verb: Verb, newsletter: Newsletter) -> QuerySet[User]:
    """Return the users with this right, by a group or directly, in order; administrators are left out."""
    right = Permission.objects.filter(codename=f"{verb}_issuepage", content_type__app_label="hub_newsletters")
    users = get_user_model().objects.filter(is_active=True, is_superuser=False)
    by_group = Q(groups__in=groups_with(verb, newsletter))
    return users.filter(by_group | Q(user_permissions__in=right)).distinct().order_by("pk")
