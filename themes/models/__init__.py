"""The themes' models: the pages of the themes, the articles and activities under them, and their series."""

from themes.models.activity import ActivityPage, ActivityPerson
from themes.models.article import ArticleAuthor, ArticlePage, RelatedArticle
from themes.models.series import Series, SeriesName
from themes.models.theme_pages import ThemedPage, ThemeIndexPage, ThemePage, ThemePerson, ThemeQuestion

__all__ = [
    "ActivityPage",
    "ActivityPerson",
    "ArticleAuthor",
    "ArticlePage",
    "RelatedArticle",
    "Series",
    "SeriesName",
    "ThemeIndexPage",
    "ThemePage",
    "ThemePerson",
    "ThemeQuestion",
    "ThemedPage",
]
