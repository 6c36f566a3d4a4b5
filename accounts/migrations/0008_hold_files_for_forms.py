"""Files that wait while another field of their form is put right."""

from __future__ import annotations

import uuid

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """One table."""

    dependencies = [
        ("accounts", "0007_send_text_messages"),
    ]

    operations = [
        migrations.CreateModel(
            name="HeldFile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("token", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("session_digest", models.CharField(max_length=64, verbose_name="会话摘要")),
                ("form", models.CharField(max_length=100, verbose_name="表单")),
                ("file", models.CharField(max_length=200, unique=True, verbose_name="文件")),
                ("original_name", models.CharField(max_length=200, verbose_name="文件名")),
                ("size", models.PositiveIntegerField(verbose_name="大小")),
                ("sha256", models.CharField(max_length=64, verbose_name="摘要")),
                ("is_clean", models.BooleanField(default=False, verbose_name="未发现病毒")),
                (
                    "held_at",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name="保留时间"),
                ),
                (
                    "taxpayer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.taxpayer",
                        verbose_name="纳税人",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "verbose_name": "暂存的文件",
                "verbose_name_plural": "暂存的文件",
                "ordering": ["id"],
                "indexes": [
                    models.Index(fields=["user", "id"], name="accounts_heldfile_user"),
                    models.Index(fields=["held_at"], name="accounts_heldfile_age"),
                ],
            },
        ),
    ]
