"""Keep loaded policy bundles for good, and let no two values of one policy hold on one day."""

from __future__ import annotations

import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
from django.contrib.postgres.operations import BtreeGistExtension
from django.db import migrations, models

import taxhall.common.clock
from taxhall.common import triggers


class Migration(migrations.Migration):
    dependencies = [
        ("filing", "0005_add_exceptions_of_the_comparison"),
    ]

    operations = [
        BtreeGistExtension(),
        migrations.CreateModel(
            name="PolicyBundle",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveIntegerField(unique=True, verbose_name="版本")),
                ("title", models.CharField(max_length=100, verbose_name="标题")),
                ("issued_on", models.DateField(verbose_name="下发日期")),
                ("digest", models.CharField(max_length=64, unique=True, verbose_name="SHA-256 摘要")),
                ("content", models.TextField(verbose_name="内容")),
                ("signature", models.TextField(verbose_name="签名")),
                ("changes", models.JSONField(verbose_name="改动")),
                ("draft_count", models.PositiveIntegerField(default=0, verbose_name="数字有变的暂存申报表")),
                ("loaded_by", models.CharField(max_length=100, verbose_name="载入人")),
                ("at", models.DateTimeField(default=taxhall.common.clock.now, verbose_name="载入时间")),
            ],
            options={
                "verbose_name": "政策包",
                "verbose_name_plural": "政策包",
                "ordering": ["-version"],
            },
        ),
        migrations.AddConstraint(
            model_name="policyrule",
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(
                expressions=[
                    ("code", "="),
                    ("key", "="),
                    ("taxpayer_kind", "="),
                    (
                        models.Func(
                            "valid_from",
                            "valid_to",
                            models.Value("[]"),
                            function="daterange",
                            output_field=django.contrib.postgres.fields.ranges.DateRangeField(),
                        ),
                        "&&",
                    ),
                ],
                name="filing_policy_no_overlap",
            ),
        ),
        migrations.AddConstraint(
            model_name="policybundle",
            constraint=models.CheckConstraint(
                condition=models.Q(("version__gte", 1)), name="filing_bundle_version_positive"
            ),
        ),
        migrations.AddConstraint(
            model_name="policybundle",
            constraint=models.CheckConstraint(
                condition=models.Q(("signature", ""), _negated=True), name="filing_bundle_signed"
            ),
        ),
        triggers.append_only("filing_policybundle"),
    ]
