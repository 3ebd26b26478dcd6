from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("hub_newsletters", "0005_subscriptions_in_no_index"),
    ]

    operations = [
        migrations.AddField(
            model_name="schedule",
            name="left_out",
            field=models.JSONField(blank=True, default=dict, editable=False),
        ),
        migrations.AlterField(
            model_name="delivery",
            name="reason",
            field=models.CharField(
                blank=True,
                choices=[
                    ("no_stories", "No story on a theme they follow"),
                    ("no_language", "The issue says nothing in their language"),
                    ("unsubscribed", "Unsubscribed before it was sent"),
                    ("unsendable", "The address cannot be sent to"),
                    ("has_a_copy", "Has a copy from another sending of this issue"),
                ],
                max_length=16,
                verbose_name="reason",
            ),
        ),
    ]
