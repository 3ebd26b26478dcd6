"""What the themes add to Wagtail's admin."""

from django.utils.translation import gettext_lazy
from wagtail.snippets.models import register_snippet
from wagtail.snippets.views.snippets import SnippetViewSet

from cms.admin.listings import SnippetList
from themes.models import Series


class SeriesViewSet(SnippetViewSet):
    """The series: names that several articles and activities share."""

    model = Series
    index_view_class = SnippetList
    icon = "list-ul"
    list_display = ["__str__", "slug"]
    add_to_admin_menu = True
    menu_label = gettext_lazy("Series")
    menu_order = 185


register_snippet(SeriesViewSet)
