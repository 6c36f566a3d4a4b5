"""The word for a code whose gateway did not answer: whether it went out is not known."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0010_change_phones_by_code"),
    ]

    operations = [
        migrations.AlterField(
            model_name="phonecode",
            name="state",
            field=models.CharField(
                choices=[
                    ("waiting", "正在发送"),
                    ("sent", "已发出"),
                    ("refused", "网关拒绝"),
                    ("failed", "网关没有答复"),
                    ("replaced", "已作废"),
                    ("used", "已使用"),
                ],
                default="waiting",
                max_length=10,
                verbose_name="状态",
            ),
        ),
    ]
