"""Indexes on Wagtail's table of pages, for lists by title and for menus, so that they do not grow with the pages."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("hub_cms", "0001_initial")]

    operations = [
        migrations.RunSQL(
            "CREATE INDEX hub_cms_page_title ON wagtailcore_page (title, id) WHERE live",
            "DROP INDEX hub_cms_page_title",
        ),
        migrations.RunSQL(
            "CREATE INDEX hub_cms_page_top ON wagtailcore_page (path) WHERE depth <= 3",
            "DROP INDEX hub_cms_page_top",
        ),
    ]
