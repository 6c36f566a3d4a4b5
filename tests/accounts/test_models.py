"""What the database itself refuses about accounts."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction

from accounts.choices import PeriodKind, Post, TaxpayerKind
from accounts.models import AuditEvent, Notice, Taxpayer
from tests.factories.accounts import (
    BureauFactory,
    MembershipFactory,
    NoticeFactory,
    OfficerFactory,
    OfficerPostFactory,
    TaxpayerFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db


def test_every_factory_makes_a_row_that_is_valid_in_full():
    for row in (BureauFactory(), BureauFactory(city=True), TaxpayerFactory(quarterly=True), MembershipFactory()):
        row.full_clean()
    OfficerFactory(post=Post.APPROVER).full_clean()
    NoticeFactory().full_clean()


def test_a_general_taxpayer_cannot_file_by_the_quarter():
    with pytest.raises(IntegrityError, match="quarterly_small_scale"):
        TaxpayerFactory(kind=TaxpayerKind.GENERAL, period_kind=PeriodKind.QUARTERLY)


def test_the_form_says_why_a_general_taxpayer_cannot_file_by_the_quarter():
    taxpayer = TaxpayerFactory.build(general=True, quarterly=True, bureau=BureauFactory())
    with pytest.raises(ValidationError) as caught:
        taxpayer.full_clean()
    assert "只有小规模纳税人可以按季申报" in str(caught.value)


@pytest.mark.parametrize("number", ["91610113MA6TEKT0", "91610113ma6tekt0xe", "", "9161 0113MA6TEKT0X"])
def test_the_database_refuses_a_number_of_the_wrong_shape(number):
    with pytest.raises(IntegrityError, match="number_format"):
        TaxpayerFactory(number=number)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("kind", "x"),
        ("period_kind", "x"),
        ("entity_kind", "x"),
        ("credit_grade", "X"),
        ("surcharge_area", "x"),
        ("status", "x"),
    ],
)
def test_queryset_update_cannot_store_an_unknown_choice(field, value):
    taxpayer = TaxpayerFactory()
    with pytest.raises(IntegrityError), transaction.atomic():
        Taxpayer.objects.filter(pk=taxpayer.pk).update(**{field: value})


def test_a_bureau_code_holds_its_district():
    with pytest.raises(IntegrityError, match="district_in_code"):
        BureauFactory(code="16101140000", district_code="610113")


def test_an_officer_has_a_post_in_a_bureau_once():
    post = OfficerPostFactory()
    with pytest.raises(IntegrityError, match="one_active"), transaction.atomic():
        OfficerPostFactory(user=post.user, bureau=post.bureau)
    OfficerPostFactory(user=post.user, bureau=post.bureau, ended=True)


def test_a_username_cannot_look_like_a_taxpayer_number():
    with pytest.raises(IntegrityError, match="not_a_number"):
        UserFactory(username="91610113MA6TEKT0XE")


@pytest.mark.parametrize("link", ["https://example.com/", "//example.com/", "/\\example.com", "javascript:1"])
def test_a_notice_links_within_the_hall_only(link):
    with pytest.raises(IntegrityError, match="link_local"):
        NoticeFactory(link=link)


class TestAuditRowsAreKept:
    @pytest.fixture
    def event(self):
        return AuditEvent.objects.create(actor_label="系统", action="a.b", object_type="x", object_id="1")

    def test_python_cannot_change_or_remove_one(self, event):
        event.action = "changed"
        with pytest.raises(TypeError):
            event.save()
        with pytest.raises(TypeError):
            event.delete()

    def test_a_queryset_cannot_change_or_remove_one(self, event):
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            AuditEvent.objects.update(action="changed")
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            AuditEvent.objects.all()._raw_delete("default")

    @pytest.mark.parametrize(
        "statement", ["UPDATE accounts_auditevent SET action = 'x'", "DELETE FROM accounts_auditevent"]
    )
    def test_raw_sql_cannot_change_or_remove_one(self, event, statement):
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
        assert AuditEvent.objects.filter(pk=event.pk, action="a.b").exists()


def test_names_are_what_people_read():
    membership = MembershipFactory(user__display_name="张三", taxpayer__name="西安示例商贸有限公司")
    assert str(membership) == "张三 · 西安示例商贸有限公司 · 办税员"
    assert Notice._meta.verbose_name == "消息"
