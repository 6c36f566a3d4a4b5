"""New mobile numbers that are proved by a code, and warnings that go out at night."""

from __future__ import annotations

import uuid

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0009_close_files_too_large_to_scan"),
    ]

    operations = [
        migrations.AddField(
            model_name="textmessage",
            name="is_about_account",
            field=models.BooleanField(db_default=False, default=False, verbose_name="账户安全通知"),
        ),
        migrations.CreateModel(
            name="PhoneCode",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("phone", models.CharField(max_length=20, verbose_name="新手机号")),
                ("network", models.CharField(max_length=64, verbose_name="网络")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "正在发送"),
                            ("sent", "已发出"),
                            ("refused", "网关拒绝"),
                            ("failed", "没有发出"),
                            ("replaced", "已作废"),
                            ("used", "已使用"),
                        ],
                        default="waiting",
                        max_length=10,
                        verbose_name="状态",
                    ),
                ),
                ("digest", models.CharField(blank=True, max_length=64, verbose_name="验证码摘要")),
                ("tries", models.PositiveSmallIntegerField(default=0, verbose_name="试填次数")),
                ("asked_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="申请时间")),
                ("expires_at", models.DateTimeField(blank=True, null=True, verbose_name="有效至")),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="phone_codes",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="用户",
                    ),
                ),
            ],
            options={
                "verbose_name": "手机验证码",
                "verbose_name_plural": "手机验证码",
                "ordering": ["-id"],
                "indexes": [models.Index(fields=["asked_at"], name="accounts_phonecode_age")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state__in", ("waiting", "sent"))),
                        fields=("user",),
                        name="accounts_phonecode_one_open",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["waiting", "sent", "refused", "failed", "replaced", "used"])),
                        name="accounts_phonecode_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state__in", ("sent", "used")), _negated=True),
                            models.Q(models.Q(("digest", ""), _negated=True), ("expires_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="accounts_phonecode_sent_has_code",
                    ),
                    models.CheckConstraint(condition=models.Q(("tries__lte", 5)), name="accounts_phonecode_few_tries"),
                ],
            },
        ),
    ]
