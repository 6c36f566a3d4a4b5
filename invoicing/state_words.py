"""What the state of an invoice means for its reader, in words."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from invoicing.choices import InvoiceState
from invoicing.models import Invoice


@dataclass(frozen=True)
class StateWords:
    """What a state means for the reader: tone, word, sentence, what to do now."""

    tone: str
    word: str
    sentence: str
    next_step: str = ""


@dataclass(frozen=True)
class StateTag:
    """The one word of an invoice's state, with its tone."""

    tone: str
    word: str


def state_tag(invoice: Invoice) -> StateTag:
    """Return the word of an invoice: its colour, and how much of it was taken back, once it is valid."""
    state = InvoiceState(invoice.state)
    if state != InvoiceState.ISSUED:
        return StateTag(_TONES[state], str(state.label))
    if invoice.is_red:
        return StateTag("red", _("红字"))
    if invoice.red_amount:
        is_whole = invoice.is_taken_back
        return StateTag("plain" if is_whole else "amber", _("已红冲") if is_whole else _("部分红冲"))
    return StateTag(_TONES[state], str(state.label))


def listed_state(invoice: Invoice) -> str:
    """Return the state as the platform's lists write it: a blue invoice that was taken back says how much of it."""
    if invoice.state == InvoiceState.ISSUED and invoice.red_amount and not invoice.is_red:
        return _("已红冲-全额") if invoice.red_amount == invoice.amount else _("已红冲-部分")
    return str(invoice.get_state_display())


_TONES = {
    InvoiceState.DRAFT: "grey",
    InvoiceState.ISSUING: "blue",
    InvoiceState.ISSUED: "ok",
    InvoiceState.VOIDING: "blue",
    InvoiceState.VOIDED: "plain",
    InvoiceState.IN_DOUBT: "amber",
}


def state_words(invoice: Invoice) -> StateWords:
    """Return what is true of the invoice now, in words."""
    state = InvoiceState(invoice.state)
    sentence, step = _sentence(invoice, state)
    tag = state_tag(invoice)
    return StateWords(tag.tone, tag.word, sentence, step)


def _sentence(invoice: Invoice, state: InvoiceState) -> tuple[str, str]:
    if invoice.error_text and state != InvoiceState.VOIDED:
        return invoice.error_text, invoice.error_next_step
    if invoice.red_amount and state == InvoiceState.ISSUED:
        left = f"{invoice.amount - invoice.red_amount:,.2f}"
        return _("已有红字发票冲销，不含税金额剩余 %(left)s 元。") % {"left": left}, ""
    if invoice.is_digital:
        return _digital_sentence(state)
    return {
        InvoiceState.DRAFT: (_("这是草稿，还没有开具，设备上没有任何记录。"), _("检查无误后即可开具。")),
        InvoiceState.ISSUING: (_("已交给税控设备签发，正在等待设备应答。"), _("通常几秒钟就有结果。")),
        InvoiceState.ISSUED: (_("设备已签发，发票有效。"), ""),
        InvoiceState.VOIDING: (_("已交给税控设备作废，正在等待设备应答。"), _("通常几秒钟就有结果。")),
        InvoiceState.VOIDED: (_("设备已作废，这张发票不再有效。"), ""),
        InvoiceState.IN_DOUBT: (_("未收到设备应答，正在核实。"), _("请不要重复操作。")),
    }[state]


def _digital_sentence(state: InvoiceState) -> tuple[str, str]:
    if state == InvoiceState.ISSUED:
        return _("数电票已开具，并已归集到税务机关，发票有效。"), ""
    return _("这是草稿，还没有开具，没有占用号码和发票总额度。"), _("检查无误后即可开具。")
