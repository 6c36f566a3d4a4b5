"""The XML of the two vendors of issuing software: 航信 (root Kp) and 百旺 (root business)."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext_lazy as _

from invoicing.files import xml
from invoicing.files.problems import FileRefusedError
from invoicing.files.shapes import ReadFile, ReadInvoice, ReadLine, Values

FIRST_ROW = 2
KP = {
    "Djh": "ref",
    "Gfmc": "buyer_name",
    "Gfsh": "buyer_number",
    "Gfyhzh": "buyer_bank",
    "Gfdzdh": "buyer_address",
    "Bz": "remark",
    "Fhr": "reviewer",
    "Skr": "payee",
    "Hsbz": "is_tax_inclusive",
}
KP_LINE = {
    "Spmc": "name",
    "Ggxh": "spec",
    "Jldw": "unit",
    "Spbm": "tax_code",
    "Lslbz": "zero_mark",
    "Yhzcsm": "relief",
    "Dj": "price",
    "Sl": "quantity",
    "Je": "amount",
    "Slv": "rate",
    "Se": "tax",
    "Kce": "deduction",
}
BAIWANG = {
    "fplxdm": "kind",
    "kplx": "red",
    "xhdwsbh": "seller_number",
    "ghdwsbh": "buyer_number",
    "ghdwmc": "buyer_name",
    "ghdwdzdh": "buyer_address",
    "ghdwyhzh": "buyer_bank",
    "bz": "remark",
    "skr": "payee",
    "fhr": "reviewer",
    "hjje": "total_amount",
    "hjse": "total_tax",
    "jshj": "total",
}
BAIWANG_LINE = {
    "fphxz": "line_kind",
    "spmc": "name",
    "ggxh": "spec",
    "dw": "unit",
    "spsl": "quantity",
    "dj": "price",
    "je": "amount",
    "sl": "rate",
    "se": "tax",
    "hsbz": "is_tax_inclusive",
    "spbm": "tax_code",
    "lslbs": "zero_mark",
    "zzstsgl": "relief",
}


def read_xml(text: str) -> ReadFile:
    """Return the invoices of a vendor's file. Raises: FileRefusedError when neither vendor writes such a root."""
    root = xml.root_name(text)
    if root == "Kp":
        return ReadFile("kp", _labels(KP, KP_LINE), lambda: _kp(text))
    if root == "business":
        return ReadFile("baiwang", _labels(BAIWANG, BAIWANG_LINE), lambda: _baiwang(text))
    raise FileRefusedError(
        "import.xml_unknown",
        _("不认识这种 XML：根元素是“%(root)s”，应为航信的 Kp 或百旺的 business。") % {"root": root[:40]},
        _("请从开票软件的批量导出功能导出，或改用模板。"),
    )


def _labels(*names: dict[str, str]) -> dict[str, str]:
    return {field: element for each in names for element, field in each.items()}


def _kp(text: str) -> Iterator[ReadInvoice]:
    """Each Fp is an invoice; Zsl must tell how many there are. Lines are counted like rows below a header."""
    count, row, told = 0, FIRST_ROW, None
    for element, around in xml.elements(text, "Zsl"):
        told = (element.text or "").strip() if "Fpxx" in around else told
    for element, _around in xml.elements(text, "Fp"):
        count += 1
        invoice = ReadInvoice(row, _values(element, KP))
        for line in element.iter("Sph"):
            invoice.lines.append(ReadLine(row, _values(line, KP_LINE)))
            row += 1
        row = max(row, invoice.row + 1)
        yield invoice
    if told and told != str(count):
        yield ReadInvoice(row, {"miscounted": f"{told}/{count}"})


def _baiwang(text: str) -> Iterator[ReadInvoice]:
    row = FIRST_ROW
    for count, (element, _around) in enumerate(xml.elements(text, "input"), start=1):
        invoice = ReadInvoice(row, _values(element, BAIWANG))
        invoice.values.setdefault("ref", str(count))
        for group in element.iter("group"):
            values = _values(group, BAIWANG_LINE)
            inclusive = values.pop("is_tax_inclusive", "0")
            if invoice.values.setdefault("is_tax_inclusive", inclusive) != inclusive:
                invoice.values["mixed"] = inclusive
            invoice.lines.append(ReadLine(row, values))
            row += 1
        row = max(row, invoice.row + 1)
        yield invoice


def _values(element: xml.Element, names: dict[str, str]) -> Values:
    found: Values = {}
    for child in element:
        field, value = names.get(child.tag), (child.text or "").strip()
        if field and value:
            found[field] = value
    return found
