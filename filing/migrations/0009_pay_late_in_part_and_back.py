"""Payments with their surcharge, received in part or given back, and the treasury's own messages."""

from decimal import Decimal

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import taxhall.common.clock
import taxhall.common.money
from filing.choices import PAYMENT_TRANSITIONS, RETURN_TRANSITIONS
from taxhall.common import triggers


class Migration(migrations.Migration):
    dependencies = [
        ("filing", "0008_refuse_policies_beside_those_for_all"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="TreasuryMessage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.CharField(max_length=64, unique=True, verbose_name="报文号")),
                ("digest", models.CharField(max_length=64, verbose_name="内容摘要")),
                ("sent_at", models.DateTimeField(verbose_name="发出时间")),
                ("recorded_at", models.DateTimeField(default=taxhall.common.clock.now, verbose_name="收到时间")),
            ],
            options={
                "verbose_name": "国库报文",
                "verbose_name_plural": "国库报文",
                "ordering": ["-pk"],
            },
        ),
        migrations.RemoveConstraint(
            model_name="payment",
            name="filing_payment_one_live_per_return",
        ),
        migrations.RemoveConstraint(
            model_name="payment",
            name="filing_payment_state_known",
        ),
        migrations.RemoveConstraint(
            model_name="payment",
            name="filing_payment_received_is_signed",
        ),
        migrations.AddField(
            model_name="payment",
            name="late_days",
            field=models.PositiveIntegerField(default=0, verbose_name="滞纳天数"),
        ),
        migrations.AddField(
            model_name="payment",
            name="late_fee",
            field=taxhall.common.money.MoneyField(
                decimal_places=2, default=Decimal("0.00"), max_digits=18, verbose_name="其中滞纳金"
            ),
        ),
        migrations.AddField(
            model_name="payment",
            name="received_amount",
            field=taxhall.common.money.MoneyField(
                decimal_places=2, default=Decimal("0.00"), max_digits=18, verbose_name="入库金额"
            ),
        ),
        migrations.AddField(
            model_name="payment",
            name="received_tax",
            field=taxhall.common.money.MoneyField(
                decimal_places=2, default=Decimal("0.00"), max_digits=18, verbose_name="入库税款"
            ),
        ),
        migrations.AddField(
            model_name="payment",
            name="refunded_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="退回时间"),
        ),
        migrations.AlterField(
            model_name="payment",
            name="state",
            field=models.CharField(
                choices=[
                    ("requested", "缴款中"),
                    ("received", "已入库"),
                    ("failed", "缴款失败"),
                    ("unknown", "待核实"),
                    ("partial", "部分入库"),
                    ("refunded", "已退回"),
                ],
                default="requested",
                max_length=10,
                verbose_name="状态",
            ),
        ),
        # So far everything that was received was tax, and all of what was ordered.
        migrations.RunSQL(
            sql="UPDATE filing_payment SET received_amount = amount, received_tax = amount WHERE state = 'received'",
            reverse_sql=migrations.RunSQL.noop,
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ("failed", "partial", "refunded")), _negated=True),
                fields=("tax_return",),
                name="filing_payment_one_live_per_return",
            ),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state__in", ["requested", "received", "failed", "unknown", "partial", "refunded"])
                ),
                name="filing_payment_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state__in", ("received", "partial")), _negated=True),
                    models.Q(
                        ("received_at__isnull", False),
                        models.Q(("signature", ""), _negated=True),
                        models.Q(("treasury_reference", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="filing_payment_received_is_signed",
            ),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "refunded"), _negated=True),
                    models.Q(("refunded_at__isnull", False), models.Q(("signature", ""), _negated=True)),
                    _connector="OR",
                ),
                name="filing_payment_refund_is_signed",
            ),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        models.Q(("state", "received"), _negated=True),
                        ("received_amount", models.F("amount")),
                        _connector="OR",
                    ),
                    models.Q(
                        models.Q(("state", "partial"), _negated=True),
                        models.Q(("received_amount__gt", 0), ("received_amount__lt", models.F("amount"))),
                        _connector="OR",
                    ),
                ),
                name="filing_payment_received_fits_state",
            ),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("late_fee__gte", 0),
                    ("late_fee__lte", models.F("amount")),
                    ("received_tax__gte", 0),
                    ("received_tax__lte", models.F("received_amount")),
                ),
                name="filing_payment_parts_fit",
            ),
        ),
        migrations.AddField(
            model_name="treasurymessage",
            name="payment",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="messages",
                to="filing.payment",
                verbose_name="缴款",
            ),
        ),
        triggers.append_only("filing_treasurymessage"),
        *triggers.renewed_transitions("filing_payment", "state", PAYMENT_TRANSITIONS),
        *triggers.renewed_transitions("filing_taxreturn", "status", RETURN_TRANSITIONS),
    ]
