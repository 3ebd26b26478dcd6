"""When the worker of an uncertain mail was last alive."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("hub_newsletters", "0003_issue_editor")]

    operations = [
        migrations.AddField(
            model_name="delivery",
            name="worker_seen_at",
            field=models.DateTimeField(null=True, verbose_name="worker last alive"),
        ),
    ]
