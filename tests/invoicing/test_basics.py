"""Basics: saved, merged, searched, filled into invoices that keep their copies."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from accounts.models import AuditEvent, Membership
from devices.models import Device
from invoicing import rules, selectors, services
from invoicing.models import BankAccount, Customer, Goods, Invoice, Issuer, TaxCode, Unit
from taxhall.common.errors import InvalidInputError, NotFoundError, NotPermittedError
from tests.factories.accounts import MembershipFactory, OfficerFactory
from tests.harness.clients import HallClient
from tests.invoicing.pages import LINE, form_data, text_of

NUMBER = "91610131000000019Y"
CUSTOMER = {"name": "西安样例科技有限公司", "number": NUMBER, "address": "科技路 1 号", "bank": "示例银行 6100"}
GOODS = {"name": "系统维护", "tax_code": "3040203000000000000", "rate": "1", "spec": "", "unit": "次", "price": "99.5"}
CREATE = reverse("invoicing:invoice-create")


@pytest.fixture
def keep(seller: Membership) -> Callable[..., object]:
    """Return a function that saves a row of the basics."""

    def kept(model: type, **values: object) -> object:
        return services.save_basic(actor=seller.user, taxpayer=seller.taxpayer, model=model, values=values).row

    return kept


def address(name: str, slug: str, *args: object) -> str:
    return reverse(f"invoicing:basic-{name}", args=[slug, *args])


@pytest.mark.parametrize(("text", "letters"), [("西安样例", "xayl"), ("A4 打印纸", "a4 dyz"), ("", "")])
def test_initials_are_the_first_letters_of_the_pinyin(text: str, letters: str) -> None:
    assert rules.initials(text) == letters


@pytest.mark.parametrize(
    ("slug", "data", "model"),
    [
        ("customers", CUSTOMER, Customer),
        ("goods", GOODS, Goods),
        ("units", {"name": "台"}, Unit),
        ("banks", {"bank": "示例银行", "account": "6100001", "is_usual": "on"}, BankAccount),
        ("issuers", {"payee": "张三", "reviewer": "李四", "drawer": "王五", "is_usual": "on"}, Issuer),
    ],
)
def test_a_row_of_each_kind_is_made_listed_changed_and_removed(
    seller_client: HallClient, slug: str, data: dict[str, str], model: type
) -> None:
    done = seller_client.post(address("create", slug), data, follow=True)
    row = model.objects.get()
    assert "已保存" in text_of(done)
    assert str(row) in text_of(seller_client.get(address("list", slug), {"q": next(iter(data.values()))}))

    assert seller_client.get(address("edit", slug, row.pk)).status_code == 200
    seller_client.post(address("edit", slug, row.pk), data)
    assert model.objects.count() == 1, "the same row saved again is itself"

    assert seller_client.get(address("remove", slug, row.pk)).status_code == 200
    seller_client.post(address("remove", slug, row.pk))
    assert not model.objects.exists()
    assert seller_client.post(address("remove", slug, row.pk)).status_code == 404, "repeat"
    actions = AuditEvent.objects.filter(action__startswith="invoicing.basic").values_list("action", flat=True)
    assert set(actions) == {"invoicing.basic_saved", "invoicing.basic_removed"}


@pytest.mark.parametrize("number", ["91610131000000019X", "9161", "91610131-0000000"])
def test_a_wrong_number_is_refused_beside_its_field(seller_client: HallClient, number: str) -> None:
    done = seller_client.post(address("create", "customers"), {**CUSTOMER, "number": number})

    assert done.status_code == 422
    assert done.context["form"].errors["number"]
    assert not Customer.objects.exists()


def test_a_customer_entered_twice_is_one_and_keeps_what_was_known(keep: Callable[..., Customer]) -> None:
    first = keep(Customer, **CUSTOMER)
    again = keep(Customer, name="西安样例科技股份有限公司", number=NUMBER, address="", bank="新银行 1")

    assert Customer.objects.get() == again == first
    assert (again.name, again.address, again.bank) == ("西安样例科技股份有限公司", "科技路 1 号", "新银行 1")
    assert AuditEvent.objects.filter(action="invoicing.basic_merged").count() == 1


def test_a_row_changed_into_another_is_merged_with_it(keep: Callable[..., Customer], seller: Membership) -> None:
    keep(Customer, **CUSTOMER)
    other = keep(Customer, name="样例（未填税号）", number="", address="", bank="")
    saved = services.save_basic(
        actor=seller.user, taxpayer=seller.taxpayer, model=Customer, values=CUSTOMER, pk=other.pk
    )

    assert saved.is_merged
    assert Customer.objects.count() == 1


def test_the_code_of_goods_is_never_replaced_by_a_namesake(
    keep: Callable[..., Goods], seller_client: HallClient
) -> None:
    row = keep(Goods, **GOODS)
    other = "3040603000000000000"
    answer = seller_client.post(address("create", "goods"), {**GOODS, "tax_code": other, "rate": "6"})
    assert answer.status_code == 422
    assert f"编码是 {GOODS['tax_code']}，与您填写的 {other} 不同" in text_of(answer)
    assert Goods.objects.get().tax_code == GOODS["tax_code"]

    seller_client.post(address("edit", "goods", row.pk), {**GOODS, "tax_code": other, "rate": "6"})
    assert Goods.objects.get().tax_code == other, "changed where it is seen"


def test_a_search_without_a_hit_does_not_say_that_there_is_nothing(
    keep: Callable[..., Customer], seller_client: HallClient
) -> None:
    empty = address("list", "customers")
    assert "还没有资料" in text_of(seller_client.get(empty))
    keep(Customer, **CUSTOMER)
    words = text_of(seller_client.get(empty, {"q": "无此客户"}))
    assert "没有找到与“无此客户”相符的资料" in words
    assert "还没有资料" not in words


@pytest.mark.parametrize("text", ["样例", "xayl", "000019y", NUMBER])
def test_a_customer_is_found_by_characters_initials_and_number(
    keep: Callable[..., Customer], seller: Membership, text: str
) -> None:
    row = keep(Customer, **CUSTOMER)

    assert selectors.find_customers(visible_to=seller.user, taxpayer=seller.taxpayer, text=text) == [row]


def test_outsiders_and_officers_change_nothing(keep: Callable[..., Customer], seller: Membership) -> None:
    row = keep(Customer, **CUSTOMER)
    stranger = MembershipFactory(issuer=True)
    for actor in (stranger.user, OfficerFactory()):
        with pytest.raises(NotPermittedError):
            services.save_basic(actor=actor, taxpayer=seller.taxpayer, model=Customer, values=CUSTOMER)
        with pytest.raises(NotPermittedError):
            services.remove_basic(actor=actor, taxpayer=seller.taxpayer, model=Customer, pk=row.pk)
    with pytest.raises(NotFoundError):
        services.remove_basic(actor=stranger.user, taxpayer=stranger.taxpayer, model=Customer, pk=row.pk)
    assert HallClient().enter_as(stranger).get(address("edit", "customers", row.pk)).status_code == 404


def test_a_kind_that_does_not_exist_is_absent(seller_client: HallClient) -> None:
    assert seller_client.get(address("list", "nothing")).status_code == 404


def test_one_customer_is_filled_in_by_the_button(
    enrolled: Device, seller_client: HallClient, keep: Callable[..., Customer]
) -> None:
    keep(Customer, **CUSTOMER)
    page = seller_client.post(CREATE, form_data(action="find-customer", buyer_name="xayl", buyer_number=""))

    form = page.context["form"]
    assert [form[f"buyer_{name}"].value() for name in CUSTOMER] == list(CUSTOMER.values())


def test_several_customers_are_offered_as_buttons_and_one_is_taken(
    enrolled: Device, seller_client: HallClient, keep: Callable[..., Customer]
) -> None:
    keep(Customer, **CUSTOMER)
    other = keep(Customer, name="西安样例贸易有限公司", number="", address="", bank="")
    page = seller_client.post(CREATE, form_data(action="find-customer", buyer_name="样例"))
    assert f'value="customer-{other.pk}"' in page.content.decode()

    page = seller_client.post(CREATE, form_data(action=f"customer-{other.pk}"))
    assert page.context["form"]["buyer_name"].value() == other.name
    assert page.context["lines"].forms[0]["price"].value() == "1000.00", "what was typed stays"


def test_another_companys_customer_cannot_be_taken(
    enrolled: Device, seller_client: HallClient, keep: Callable[..., Customer]
) -> None:
    stranger = MembershipFactory(issuer=True)
    row = services.save_basic(actor=stranger.user, taxpayer=stranger.taxpayer, model=Customer, values=CUSTOMER).row

    assert seller_client.post(CREATE, form_data(action=f"customer-{row.pk}")).status_code == 404


def test_goods_and_codes_are_offered_for_a_line_and_filled_in(
    enrolled: Device, seller_client: HallClient, keep: Callable[..., Goods]
) -> None:
    call_command("load_tax_codes", verbosity=0)
    row = keep(Goods, **{**GOODS, "price": None})
    page = seller_client.post(CREATE, form_data({**LINE, "name": "xt"}, action="find-goods-0"))
    html = page.content.decode()
    assert f'value="goods-0-{row.pk}"' in html
    assert 'value="code-0-3040203000000000000"' in html

    page = seller_client.post(CREATE, form_data({**LINE, "name": "xt"}, action=f"goods-0-{row.pk}"))
    line = page.context["lines"].forms[0]
    assert line["name"].value() == "*信息技术服务*系统维护"
    assert (line["unit"].value(), line["price"].value()) == ("次", "1000.00")

    page = seller_client.post(CREATE, form_data({**LINE, "name": "维护"}, action="code-0-3040203000000000000"))
    assert page.context["lines"].forms[0]["name"].value() == "*信息技术服务*维护"


def test_choices_come_while_typing(seller_client: HallClient, keep: Callable[..., Customer]) -> None:
    call_command("load_tax_codes", verbosity=0)
    keep(Customer, **CUSTOMER)

    assert "西安样例科技有限公司" in text_of(
        seller_client.get(reverse("invoicing:suggest-customers"), {"buyer_name": "样例"})
    )
    goods = reverse("invoicing:suggest-goods")
    assert "餐饮服务" in text_of(seller_client.get(goods, {"lines-3-name": "cyfw"}))
    assert seller_client.get(goods).status_code == 204


def test_the_usual_account_and_people_are_printed_and_stay_on_what_was_saved(
    save: Callable[..., Invoice], keep: Callable[..., object], seller_client: HallClient
) -> None:
    keep(BankAccount, bank="示例银行", account="6100001", is_usual=True)
    keep(Issuer, payee="张三", reviewer="李四", drawer="王五", is_usual=True)
    invoice = save()
    keep(BankAccount, bank="另一银行", account="6100002", is_usual=True)

    invoice.refresh_from_db()
    assert (invoice.seller_bank, invoice.drawer_name) == ("示例银行 6100001", "王五")
    assert BankAccount.objects.get(is_usual=True).account == "6100002"
    form = seller_client.get(CREATE).context["form"]
    assert (form["payee"].value(), form["reviewer"].value()) == ("张三", "李四")


def test_the_small_set_that_ships_loads_and_loads_again(db: None) -> None:
    call_command("load_tax_codes", verbosity=0)
    call_command("load_tax_codes", verbosity=0)

    assert TaxCode.objects.filter(is_leaf=True).count() > 20
    assert [code.name for code in selectors.find_tax_codes("cyfw")] == ["餐饮服务"]
    assert [code.name for code in selectors.find_tax_codes("30704020")] == ["住宿服务"]
    assert selectors.find_tax_codes(" ") == []


def test_a_class_that_has_others_below_it_is_no_leaf(db: None, tmp_path: Path) -> None:
    file = tmp_path / "codes.csv"
    file.write_text("名称,编码\n信息技术服务,3040200000000000000\n软件服务,3040201000000000000\n", encoding="gb18030")
    services.load_tax_codes(file)

    assert list(TaxCode.objects.filter(is_leaf=True).values_list("name", flat=True)) == ["软件服务"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("编码,名\n", "第一行应为列名"),
        ("编码,名称\n304,软件\n", "第 2 行"),
        ("编码,名称\n3040201000000000000,\n", "没有名称"),
        ("编码,名称,税率\n3040201000000000000,软件,7%\n", "不认识的税率"),
        ("编码,名称\n3040201000000000000,甲\n3040201000000000000,乙\n", "重复"),
    ],
)
def test_a_wrong_file_loads_nothing_and_says_where(db: None, tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "codes.csv"
    file.write_text(text, encoding="utf-8")

    with pytest.raises(InvalidInputError, match=words):
        services.load_tax_codes(file)
    with pytest.raises(CommandError, match=words):
        call_command("load_tax_codes", str(file))
    assert not TaxCode.objects.exists()


def test_a_file_that_is_not_there_is_told(db: None, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="cannot read"):
        call_command("load_tax_codes", str(tmp_path / "none.csv"))
