"""A value for all kinds of taxpayers is one for each of them: beside it the database holds none for a single kind."""

from __future__ import annotations

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, IntegerRangeField, RangeOperators
from django.db import migrations, models
from django.db.models import Case, Func, Q, Value, When

# 0 stands for general taxpayers, 1 for small-scale ones, both for a row of all kinds.
_KINDS = Func(
    Case(When(taxpayer_kind="small_scale", then=Value(1)), default=Value(0)),
    Case(When(taxpayer_kind="general", then=Value(0)), default=Value(1)),
    Value("[]"),
    function="int4range",
    output_field=IntegerRangeField(),
)
_DAYS = Func("valid_from", "valid_to", Value("[]"), function="daterange", output_field=DateRangeField())


class Migration(migrations.Migration):
    """The kinds that there are, and one value at a time for each."""

    dependencies = [("filing", "0007_add_calendar_feeds")]

    operations = [
        migrations.RemoveConstraint(model_name="policyrule", name="filing_policy_no_overlap"),
        migrations.AddConstraint(
            model_name="policyrule",
            constraint=models.CheckConstraint(
                condition=Q(("taxpayer_kind__in", ["", "general", "small_scale"])), name="filing_policy_kind_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="policyrule",
            constraint=ExclusionConstraint(
                name="filing_policy_no_overlap",
                expressions=[
                    ("code", RangeOperators.EQUAL),
                    ("key", RangeOperators.EQUAL),
                    (_KINDS, RangeOperators.OVERLAPS),
                    (_DAYS, RangeOperators.OVERLAPS),
                ],
            ),
        ),
    ]
