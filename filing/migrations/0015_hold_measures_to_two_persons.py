"""Measures about the comparison are held to two natural persons by the database as well, like every other change."""

from __future__ import annotations

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import taxhall.common.clock

# When each was asked for, and by which natural persons.
_KNOWN = """
    UPDATE filing_whitelistentry row SET asked_at = row.created_at,
        asked_person_id = (SELECT person_id FROM accounts_user WHERE id = row.asked_by_id),
        decided_person_id = (SELECT person_id FROM accounts_user WHERE id = row.decided_by_id);
    UPDATE filing_rulemeasure row SET asked_at = row.created_at,
        asked_person_id = (SELECT person_id FROM accounts_user WHERE id = row.asked_by_id),
        decided_person_id = (SELECT person_id FROM accounts_user WHERE id = row.decided_by_id);
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0006_remember_access_of_requests"),
        ("filing", "0014_declare_inactivity"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="rulemeasure",
            name="filing_rulemeasure_has_reason",
        ),
        migrations.RemoveConstraint(
            model_name="rulemeasure",
            name="filing_rulemeasure_four_eyes",
        ),
        migrations.RemoveConstraint(
            model_name="whitelistentry",
            name="filing_whitelistentry_has_reason",
        ),
        migrations.RemoveConstraint(
            model_name="whitelistentry",
            name="filing_whitelistentry_four_eyes",
        ),
        migrations.AddField(
            model_name="rulemeasure",
            name="asked_at",
            field=models.DateTimeField(default=taxhall.common.clock.now, verbose_name="提出时间"),
        ),
        migrations.AddField(
            model_name="rulemeasure",
            name="asked_person",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.person",
                verbose_name="提出人（自然人）",
            ),
        ),
        migrations.AddField(
            model_name="rulemeasure",
            name="decided_person",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.person",
                verbose_name="确认人（自然人）",
            ),
        ),
        migrations.AddField(
            model_name="whitelistentry",
            name="asked_at",
            field=models.DateTimeField(default=taxhall.common.clock.now, verbose_name="提出时间"),
        ),
        migrations.AddField(
            model_name="whitelistentry",
            name="asked_person",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.person",
                verbose_name="提出人（自然人）",
            ),
        ),
        migrations.AddField(
            model_name="whitelistentry",
            name="decided_person",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.person",
                verbose_name="确认人（自然人）",
            ),
        ),
        migrations.AlterField(
            model_name="rulemeasure",
            name="asked_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="提出人",
            ),
        ),
        migrations.AlterField(
            model_name="rulemeasure",
            name="reason",
            field=models.CharField(max_length=300, verbose_name="事由"),
        ),
        migrations.AlterField(
            model_name="whitelistentry",
            name="asked_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="提出人",
            ),
        ),
        migrations.AlterField(
            model_name="whitelistentry",
            name="reason",
            field=models.CharField(max_length=300, verbose_name="事由"),
        ),
        migrations.RunSQL(sql=_KNOWN, reverse_sql=migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name="rulemeasure",
            constraint=models.CheckConstraint(
                condition=models.Q(("reason", ""), _negated=True), name="filing_rulemeasure_reason_given"
            ),
        ),
        migrations.AddConstraint(
            model_name="rulemeasure",
            constraint=models.CheckConstraint(
                condition=models.Q(("asked_by", models.F("decided_by")), _negated=True),
                name="filing_rulemeasure_two_accounts",
            ),
        ),
        migrations.AddConstraint(
            model_name="rulemeasure",
            constraint=models.CheckConstraint(
                condition=models.Q(("asked_person", models.F("decided_person")), _negated=True),
                name="filing_rulemeasure_two_persons",
            ),
        ),
        migrations.AddConstraint(
            model_name="rulemeasure",
            constraint=models.CheckConstraint(
                condition=models.Q(("source", ""), _negated=True), name="filing_rulemeasure_source_given"
            ),
        ),
        migrations.AddConstraint(
            model_name="whitelistentry",
            constraint=models.CheckConstraint(
                condition=models.Q(("reason", ""), _negated=True), name="filing_whitelistentry_reason_given"
            ),
        ),
        migrations.AddConstraint(
            model_name="whitelistentry",
            constraint=models.CheckConstraint(
                condition=models.Q(("asked_by", models.F("decided_by")), _negated=True),
                name="filing_whitelistentry_two_accounts",
            ),
        ),
        migrations.AddConstraint(
            model_name="whitelistentry",
            constraint=models.CheckConstraint(
                condition=models.Q(("asked_person", models.F("decided_person")), _negated=True),
                name="filing_whitelistentry_two_persons",
            ),
        ),
        migrations.AddConstraint(
            model_name="whitelistentry",
            constraint=models.CheckConstraint(
                condition=models.Q(("source", ""), _negated=True), name="filing_whitelistentry_source_given"
            ),
        ),
    ]
