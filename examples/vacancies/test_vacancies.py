"""The plugin keeps the contract. Run with pytest, pytest-django and the hub's settings."""

import pytest
from vacancies.plugin import plugin

from cms.testing import check_plugin
from newsletters.testing import check_mail_parts


@pytest.mark.django_db
def test_the_plugin_keeps_the_contract() -> None:
    check_plugin(plugin)
    check_mail_parts(plugin)
