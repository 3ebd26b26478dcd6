"""Vacancies in the Content API."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from cms.api.schemas import PageDetail, PageSummary


class VacanciesVacancySummary(PageSummary):
    """A vacancy, as in a list."""

    type: Literal["vacancy"] = Field(description="Says that this is a vacancy.")
    employer: str = Field(description="Who is looking for somebody.", examples=["Partos"])
    closes_at: datetime = Field(description="When applications close.")


class VacanciesVacancyDetail(VacanciesVacancySummary, PageDetail):
    """A vacancy, in full."""
