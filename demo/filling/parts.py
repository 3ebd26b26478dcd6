"""The parts of the demo's pages beside their bodies: what each type of page has of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from wagtail.models import Page

from cms.models import HomePage, PartnershipPage, RolePage
from cms.models.pages.home import Reason, Strategy
from cms.models.pages.partnership import AdvisoryMember, Programme
from cms.models.pages.role import RoleExample, RoleStep
from demo.texts import Entry
from themes.models import ThemeIndexPage, ThemePage, ThemePerson, ThemeQuestion


@dataclass(frozen=True, kw_only=True)
class PartsFiller:
    """Fills the parts of pages.

    `pages` are all pages by key and language, `rich_text` makes rich text of paragraphs in a language.
    """

    pages: Mapping[tuple[str, str], Page]
    rich_text: Callable[[list[str], str], str]

    def fill(self, page: Page, entry: Entry, code: str) -> None:
        """Give the page its parts in this language."""
        match page:
            case HomePage():
                self._fill_home(page, entry[code], code)
            case RolePage():
                self._fill_role(page, entry, code)
            case ThemeIndexPage():
                page.how_chosen = self.rich_text(entry[code]["how_chosen"], code)
            case ThemePage():
                page.questions = [ThemeQuestion(text=text) for text in entry[code]["questions"]]
                page.people = [ThemePerson(page_id=self.pages[key, code].pk) for key in entry["people"]]
            case PartnershipPage():
                self._fill_partnership(page, entry[code], code)

    def _fill_home(self, page: HomePage, words: Entry, code: str) -> None:
        page.introduction = self.rich_text(words["introduction"], code)
        page.area_served = words["area_served"]
        page.strategies = [
            Strategy(title=row["title"], text=row["text"], page_id=self.pages[row["page"], code].pk)
            for row in words["strategies"]
        ]
        page.reasons = [Reason(title=row["title"], text=row["text"]) for row in words["reasons"]]

    def _fill_role(self, page: RolePage, entry: Entry, code: str) -> None:
        words = entry[code]
        page.what_we_do = self.rich_text(words["what_we_do"], code)
        page.steps = [RoleStep(name=step["name"], text=step["text"]) for step in words["steps"]]
        page.examples = [RoleExample(page_id=self.pages[key, code].pk) for key in entry["examples"]]

    def _fill_partnership(self, page: PartnershipPage, words: Entry, code: str) -> None:
        page.open_to_members = page.open_to_partners = True
        page.joining_note = words["joining_note"]
        page.how_the_agenda_is_set = self.rich_text(words["how_the_agenda_is_set"], code)
        page.programmes = [
            Programme(
                name=programme["name"],
                year_from=programme.get("from"),
                year_to=programme.get("to"),
                framework=programme["framework"],
            )
            for programme in words["programmes"]
        ]
        page.advisory_group = [AdvisoryMember(name=name) for name in words["advisory_group"]]
