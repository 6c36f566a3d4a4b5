"""What other systems asked for, by the id they gave it."""

from __future__ import annotations

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import taxhall.common.clock


class Migration(migrations.Migration):
    """One table."""

    dependencies = [
        ("accounts", "0004_hold_posts_and_emergencies"),
        ("invoicing", "0021_add_print_records"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="InvoiceRequest",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=128, verbose_name="请求号")),
                ("digest", models.CharField(max_length=64, verbose_name="内容摘要")),
                ("act", models.CharField(max_length=10, verbose_name="办理事项")),
                ("made_at", models.DateTimeField(default=taxhall.common.clock.now, verbose_name="时间")),
                (
                    "invoice",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="requests",
                        to="invoicing.invoice",
                        verbose_name="发票",
                    ),
                ),
                (
                    "made_by",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="操作人",
                    ),
                ),
                (
                    "taxpayer",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.taxpayer",
                    ),
                ),
            ],
            options={
                "verbose_name": "接口请求",
                "verbose_name_plural": "接口请求",
                "constraints": [models.UniqueConstraint(fields=("taxpayer", "key"), name="invoicing_request_once")],
            },
        ),
    ]
