"""Sign-ups for staff: who asked for a newsletter and has not confirmed, and what became of the mail."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser, User
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from wagtail.permission_policies import ModelPermissionPolicy

from cms.admin.listings import ModelList
from newsletters.audience.staff_actions.note_viewing import note_list_viewed
from newsletters.models import SignUp
from newsletters.publications.permissions import may_see_subscribers


class SignUpPolicy(ModelPermissionPolicy):
    """Whoever may see subscribers may see sign-ups; nobody changes them by hand."""

    def user_has_permission(self, user: User | AnonymousUser, action: str) -> bool:
        return action == "view" and may_see_subscribers(user)


class SignUpList(ModelList):
    """Lists the requests of the last days, the newest first."""

    any_permission_required = ["view"]

    def get(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        note_list_viewed("sign-ups", user=request.user, now=timezone.now())
        return super().get(request, *args, **kwargs)

    def get_base_queryset(self) -> QuerySet[SignUp]:
        requests = SignUp.objects.exclude(kind__in=[SignUp.Kind.UNDO, SignUp.Kind.STILL])  # nobody asked for these
        return requests.select_related("newsletter", "locale", "invited_by")
