"""A stand-in for the class of pages whose plugin is not installed; nothing changes in the database."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("hub_cms", "0003_mirrors_are_drafts")]

    operations = [
        migrations.CreateModel(
            name="MissingPage",
            fields=[],
            options={
                "verbose_name": "page of a plugin that is missing",
                "verbose_name_plural": "pages of a plugin that is missing",
                "proxy": True,
                "default_permissions": (),
                "indexes": [],
                "constraints": [],
            },
            bases=("wagtailcore.page",),
        )
    ]
