"""The admin where a plugin was taken away and its pages are still there."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.contenttypes.models import ContentType
from django.urls import reverse

from themes.models import ThemePage

pytestmark = pytest.mark.django_db


@pytest.fixture
def orphan(theme_page: ThemePage) -> ThemePage:
    theme_page.content_type = ContentType.objects.create(app_label="taken_away", model="page")
    theme_page.save(update_fields=["content_type"])
    return theme_page


@pytest.mark.parametrize("view", ["edit", "copy", "move"])
def test_a_page_of_a_plugin_that_is_gone_is_answered_in_words(admin_client: Any, orphan: ThemePage, view: str) -> None:
    answer = admin_client.get(reverse(f"wagtailadmin_pages:{view}", args=[orphan.pk]), follow=True)
    assert answer.redirect_chain == [(reverse("wagtailadmin_explore", args=[orphan.get_parent().pk]), 302)]
    assert "a plugin that is not installed" in answer.content.decode()


def test_other_faults_of_the_admin_stay_faults(
    admin_client: Any, theme_page: ThemePage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wagtail.admin.views.pages.edit.EditView.get", lambda *args, **kwargs: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        admin_client.get(reverse("wagtailadmin_pages:edit", args=[theme_page.pk]))
