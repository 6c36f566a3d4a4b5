"""The filing API: the same objects, the same walls."""

from __future__ import annotations

from typing import Any

import pytest

from filing import services
from tests.factories.accounts import MembershipFactory, TaxpayerFactory
from tests.factories.filing import ComparisonRunFactory, OutageFactory, TaxReturnFactory
from tests.filing.conftest import OCTOBER

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]
BASE = "/api/v1"


@pytest.fixture
def signed_in(api_client: Any) -> Any:
    """Return an API client of a company's finance head (.membership)."""
    member = MembershipFactory(role="finance")
    api_client.force_authenticate(member.user)
    api_client.membership = member
    return api_client


def test_returns_are_listed_and_read_with_their_cells(signed_in: Any) -> None:
    member = signed_in.membership
    TaxReturnFactory()
    mine = services.start_return(actor=member.user, taxpayer=member.taxpayer, period=OCTOBER)
    listed = signed_in.get(f"{BASE}/returns/").json()
    assert [each["id"] for each in listed["results"]] == [mine.pk]
    one = signed_in.get(f"{BASE}/returns/{mine.pk}/").json()
    assert one["period"] == "2026-10"
    assert any((line["schedule"], line["line"]) == ("main", "22") for line in one["lines"])


def test_another_companys_objects_are_absent(signed_in: Any) -> None:
    for path in (f"returns/{TaxReturnFactory().pk}", f"comparisons/{ComparisonRunFactory().pk}", "returns/999999"):
        assert signed_in.get(f"{BASE}/{path}/").status_code == 404


def test_a_comparison_is_read_with_every_rule(signed_in: Any) -> None:
    run = services.compare_period(actor=None, taxpayer=signed_in.membership.taxpayer, month=OCTOBER)
    found = signed_in.get(f"{BASE}/comparisons/{run.pk}/").json()
    assert found["outcome"] == "differs"
    assert found["results"][0]["rule_code"] == "R0"


def test_deadlines_of_a_year_tell_their_source(signed_in: Any) -> None:
    rows = signed_in.get(f"{BASE}/deadlines/", {"year": "2026"}).json()
    assert len(rows) == 12
    assert rows[9] == {
        "month": "2026-10", "deadline": "2026-11-16", "source": "税总办征科函〔2025〕64号", "is_estimated": False,
        "moved_from": None, "period": None,
    }  # fmt: skip
    assert rows[11]["is_estimated"]
    assert signed_in.get(f"{BASE}/deadlines/", {"year": "abc"}).status_code == 422


def october_of(client: Any, **asked: str) -> dict[str, Any]:
    rows: list[dict[str, Any]] = client.get(f"{BASE}/deadlines/", {"year": "2026", **asked}).json()
    return rows[9]


def test_deadlines_know_the_outages_of_the_companys_own_district(signed_in: Any) -> None:
    here, there = signed_in.membership.taxpayer, TaxpayerFactory(in_xincheng=True)
    OutageFactory()
    assert (october_of(signed_in)["deadline"], october_of(signed_in)["moved_from"]) == ("2026-11-18", "2026-11-16")
    MembershipFactory(user=signed_in.membership.user, taxpayer=there)
    found = {each.pk: october_of(signed_in, taxpayer=each.number)["deadline"] for each in (here, there)}
    assert found == {here.pk: "2026-11-18", there.pk: "2026-11-16"}
    assert october_of(signed_in)["deadline"] == "2026-11-16", "of two districts what holds for the whole city is told"


def test_deadlines_tell_which_period_the_company_files(signed_in: Any) -> None:
    shop = TaxpayerFactory(quarterly=True)
    MembershipFactory(user=signed_in.membership.user, taxpayer=shop)
    rows = signed_in.get(f"{BASE}/deadlines/", {"year": "2026", "taxpayer": shop.number}).json()
    assert [each["period"] for each in rows if each["period"]] == ["2026-Q1", "2026-Q2", "2026-Q3", "2026-Q4"]
    stranger = TaxpayerFactory()
    assert signed_in.get(f"{BASE}/deadlines/", {"taxpayer": stranger.number}).status_code == 404


def test_strangers_learn_nothing(api_client: Any) -> None:
    for path in ("returns", "deadlines", "returns/1", "comparisons/1"):
        assert api_client.get(f"{BASE}/{path}/").status_code in (401, 403)
