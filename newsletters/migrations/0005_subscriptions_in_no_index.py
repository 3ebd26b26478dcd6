from django.db import migrations


def forget_references(apps, schema_editor):
    """The usage of a newsletter or a language showed addresses to people who may not see subscribers."""
    index = apps.get_model("wagtailcore", "ReferenceIndex").objects
    index.filter(content_type__app_label="hub_newsletters", content_type__model="subscription").delete()


class Migration(migrations.Migration):
    dependencies = [
        ("hub_newsletters", "0004_delivery_worker_seen_at"),
        ("wagtailcore", "0078_referenceindex"),
    ]

    operations = [migrations.RunPython(forget_references, migrations.RunPython.noop)]
