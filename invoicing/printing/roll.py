"""The face of a roll (卷票): 57 or 76 mm wide and as long as it has to be, described from top to bottom."""

from __future__ import annotations

from dataclasses import dataclass

WIDTHS = {"06": 57.0, "07": 76.0}
USUAL_WIDTH = 57.0
# The shortest piece; what is longer grows.
SHORTEST = 177.8


@dataclass(frozen=True)
class Heading:
    """Words in the middle of the roll."""

    value: str = ""
    words: str = ""
    size: float = 11.0


@dataclass(frozen=True)
class Pair:
    """A label and what stands after it, going on below as long as it must."""

    label: str
    value: str


@dataclass(frozen=True)
class Rule:
    """A line across."""


@dataclass(frozen=True)
class Lines:
    """What was sold, two rows each: the name, then price, quantity and sum."""


@dataclass(frozen=True)
class Code:
    """The QR code in the middle."""

    side: float = 24.0


Item = Heading | Pair | Rule | Lines | Code
FLOW: tuple[Item, ...] = (
    Heading(value="title"),
    Heading(words="发票联", size=9),
    Heading(value="mark", size=9),
    Pair("发票代码", "code"),
    Pair("发票号码", "number"),
    Pair("机打号码", "number"),
    Pair("机器编号", "machine"),
    Pair("销售方名称", "seller_name"),
    Pair("纳税人识别号", "seller_number"),
    Pair("开票日期", "date"),
    Pair("收款员", "payee"),
    Pair("购买方名称", "buyer_name"),
    Pair("纳税人识别号", "buyer_number"),
    Rule(),
    Lines(),
    Rule(),
    Pair("合计金额（小写）", "total"),
    Pair("合计金额（大写）", "capitals"),
    Pair("备注", "remark"),
    Pair("校验码", "check"),
    Code(),
)
