"""The app's configuration: its own label, which also begins the names of its tables."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class VacanciesConfig(AppConfig):
    name = "vacancies"
    label = "hub_vacancies"
    verbose_name = _("Vacancies")
