"""Staff see who asked and has not confirmed, and what the mail server said; nobody changes a request by hand."""

from __future__ import annotations

import pytest
from django.urls import NoReverseMatch, reverse

from newsletters.models import SignUp
from tests.newsletters.audience.test_subscriptions import client_of
from tests.newsletters.building import Hub


def test_the_list_shows_what_became_of_the_mail(hub: Hub) -> None:
    hub.ask("noa")
    SignUp.objects.update(reply="550 5.1.1 nobody here")
    page = client_of(hub, "editor", "view_subscription").get(reverse("sign_ups:index")).content.decode()
    for words in ("noa@example.org", "Waiting for confirmation", "550 5.1.1 nobody here"):
        assert words in page
    for verb in ("edit", "delete", "add"):
        with pytest.raises(NoReverseMatch):
            reverse(f"sign_ups:{verb}")


def test_who_may_not_see_subscribers_sees_no_sign_ups(hub: Hub) -> None:
    hub.ask("noa")
    assert client_of(hub, "editor").get(reverse("sign_ups:index")).status_code == 302
