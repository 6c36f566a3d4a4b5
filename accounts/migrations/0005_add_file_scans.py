"""What scanners say of uploaded files."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q

import taxhall.common.clock


class Migration(migrations.Migration):
    """One table."""

    dependencies = [("accounts", "0004_hold_posts_and_emergencies")]

    operations = [
        migrations.CreateModel(
            name="FileScan",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "created_at",
                    models.DateTimeField(default=taxhall.common.clock.now, editable=False, verbose_name="创建时间"),
                ),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="更新时间")),
                ("file", models.CharField(max_length=200, unique=True, verbose_name="文件")),
                ("sha256", models.CharField(max_length=64, verbose_name="摘要")),
                (
                    "state",
                    models.CharField(
                        choices=[("scanning", "病毒检查中"), ("clean", "未发现病毒"), ("infected", "发现病毒")],
                        default="scanning",
                        max_length=10,
                        verbose_name="病毒检查",
                    ),
                ),
                ("finding", models.CharField(blank=True, max_length=200, verbose_name="发现")),
                ("engine", models.CharField(blank=True, max_length=60, verbose_name="扫描引擎")),
                ("signatures", models.CharField(blank=True, max_length=20, verbose_name="特征库版本")),
                ("is_demo", models.BooleanField(default=False, verbose_name="演示")),
                ("verdict_at", models.DateTimeField(blank=True, null=True, verbose_name="检查时间")),
                ("attempts", models.PositiveIntegerField(default=0, verbose_name="未得结果次数")),
                ("trouble", models.CharField(blank=True, max_length=200, verbose_name="未得结果的原因")),
                ("due_at", models.DateTimeField(blank=True, null=True, verbose_name="下次检查")),
                (
                    "taxpayer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.taxpayer",
                        verbose_name="纳税人",
                    ),
                ),
            ],
            options={
                "verbose_name": "病毒检查",
                "verbose_name_plural": "病毒检查",
                "ordering": ["id"],
                "indexes": [models.Index("due_at", condition=Q(due_at__isnull=False), name="accounts_filescan_due")],
                "constraints": [
                    models.CheckConstraint(
                        condition=Q(state__in=["scanning", "clean", "infected"]), name="accounts_filescan_state_known"
                    ),
                    models.CheckConstraint(
                        condition=Q(due_at__isnull=False, state="scanning", verdict_at__isnull=True)
                        | (~Q(state="scanning") & ~Q(engine="") & Q(verdict_at__isnull=False)),
                        name="accounts_filescan_verdict_has_engine",
                    ),
                    models.CheckConstraint(
                        condition=(Q(state="infected") & ~Q(finding="")) | (~Q(state="infected") & Q(finding="")),
                        name="accounts_filescan_finding_is_infected",
                    ),
                ],
            },
        ),
    ]
