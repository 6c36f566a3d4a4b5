"""Keep loaded policy bundles for good, and let no two values of one policy hold on one day."""

from __future__ import annotations

from copy import copy
from datetime import timedelta
from typing import Any

import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
from django.contrib.postgres.operations import BtreeGistExtension
from django.db import migrations, models

import taxhall.common.clock
from taxhall.common import triggers


def end_earlier_rows(apps: Any, _editor: Any) -> None:
    """Let each row end before the next one of its policy, as it was read; it goes on after one that ends itself."""
    rules = apps.get_model("filing", "PolicyRule")
    for policy in rules.objects.order_by().values("code", "key", "taxpayer_kind").distinct():
        rows = list(rules.objects.filter(**policy).order_by("valid_from"))
        while len(rows) > 1:
            earlier, later = rows.pop(0), rows[0]
            end = earlier.valid_to
            if end is not None and end < later.valid_from:
                continue
            earlier.valid_to = later.valid_from - timedelta(days=1)
            earlier.save()
            if later.valid_to is not None and (end is None or end > later.valid_to):
                rest = copy(earlier)
                rest.pk, rest.valid_from, rest.valid_to = None, later.valid_to + timedelta(days=1), end
                # Where another row begins that very day it is the one that was read.
                if all(each.valid_from != rest.valid_from for each in rows):
                    rest._state.adding = True
                    rest.save()
                    rows = sorted((*rows, rest), key=lambda each: each.valid_from)


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
        # Until here the latest row was read, so that an open one followed by another was sound.
        migrations.RunPython(end_earlier_rows, migrations.RunPython.noop),
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
