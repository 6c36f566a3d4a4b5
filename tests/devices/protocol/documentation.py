"""The parts of docs/device-protocol.md that follow from the code.

Refresh them with `python -m tests.devices.protocol.documentation`.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec

from devices.protocol import messages, vocabulary
from devices.protocol.errors import SignatureInvalidError
from devices.protocol.message import SignedMessage, layout
from devices.protocol.profiles import PrivateKey
from devices.protocol.status_words import MEANINGS
from devices.protocol.wire import Inner, Many, Maybe, OneOf
from tests.devices import samples
from tests.devices.protocol.test_known_answers import gb_pem

DOCUMENT = Path(__file__).parents[3] / "docs" / "device-protocol.md"
VECTOR_KEYS = {
    "intl": PrivateKey("intl", ec.derive_private_key(0xC9AFA9D845BA75166B5C215767B1D693, ec.SECP256R1())),
    "sm": PrivateKey.from_pem("sm", gb_pem()),  # the key that the standard itself publishes
}
VECTORS = (
    "InvoiceOrder",
    "SignedInvoice",
    "DiskReport",
    "ClearRequest",
    "ClearToken",
    "ClearReceipt",
    "UploadAck",
    "AuthorityOrder",
    "OrderReceipt",
    "DiskLog",
    "DiskStatus",
)


def sections(text: str) -> dict[str, str]:
    """Return each generated part by its name; what the document has now is needed for random signatures."""
    known = {bytes.fromhex(found) for found in re.findall(r"^signature ([0-9a-f]{128})$", text, re.M)}
    return {
        "data elements": data_elements(),
        "message layouts": message_layouts(),
        "status words": status_words(),
        "test vectors of intl": test_vectors("intl", known),
        "test vectors of sm": test_vectors("sm", known),
    }


def refreshed(text: str) -> str:
    """Return the document with every generated part as the code has it now."""
    for name, body in sections(text).items():
        pattern = re.compile(rf"(<!-- begin {name} -->\n).*?(<!-- end {name} -->)", re.S)
        text, count = pattern.subn(lambda found, body=body: f"{found[1]}\n{body}\n\n{found[2]}", text)
        if count != 1:
            raise ValueError(f"the document has {count} places for {name}")
    return text


def data_elements() -> str:
    """Return the table of data elements."""
    found = {
        mark.tag: (name, mark.wire)
        for name, value in vars(vocabulary).items()
        for mark in getattr(value, "__metadata__", ())
    }
    for message in messages.__all__:
        for name, _, tag, wire in layout(getattr(messages, message)):
            found.setdefault(tag, (f"{message}.{name}", wire))
    rows = [f"| {tag:04X} | {name} | {form(wire)} |" for tag, (name, wire) in sorted(found.items())]
    head = ["| Tag | Element | Form |", "| --- | --- | --- |"]
    signed = [
        "| 9F01 | Label | Token, bytes: 1 to 64 |",
        "| 9F02 | Algorithm | Token, bytes: 1 to 16 |",
        "| 9F03 | KeyId | Hexadecimal, bytes: 8 |",
    ]
    return "\n".join(head + signed + rows)


FORMS = {
    "Money": "signed fen, 8 bytes",
    "Day": "YYYYMMDD packed, 4 bytes",
    "Moment": "seconds since 1970 UTC, 8 bytes",
    "Flag": "00 or 01",
}


def form(wire: object) -> str:
    """Say in words how a value stands on the wire."""
    match wire:
        case Maybe(inner):
            return f"{form(inner)}, or empty"
        case Many(inner, limit):
            return f"up to {limit} items 30: {form(inner)}"
        case Inner(cls):
            return f"structure {cls.__name__}"
        case OneOf(values):
            return "one of " + ", ".join(values)
    return FORMS.get(type(wire).__name__) or sized_form(wire)


def sized_form(wire: object) -> str:
    """Say how long a value may be, in bytes."""
    values = {name: getattr(wire, name, None) for name in ("size", "least", "limit")}
    span = values["size"] or (
        values["limit"] if values["least"] == values["limit"] else f"{values['least']} to {values['limit']}"
    )
    return f"{type(wire).__name__}, bytes: {span}"


def message_layouts() -> str:
    """Return the elements of every message in their order."""
    lines = ["| Message | Label | Elements in order |", "| --- | --- | --- |"]
    for name in messages.__all__:
        cls = getattr(messages, name)
        if not (found := layout(cls)):
            continue
        label = f"`{cls.LABEL}`" if issubclass(cls, SignedMessage) else "not signed"
        elements = ", ".join(f"{tag:04X} {field}" for field, _, tag, _ in found)
        lines.append(f"| {name} | {label} | {elements} |")
    return "\n".join(lines)


def status_words() -> str:
    """Return the table of refusals."""
    lines = ["| Word | Code | Meaning | Helped by | Reason |", "| --- | --- | --- | --- | --- |"]
    for word, meaning in sorted(MEANINGS.items()):
        shown = "63Cx" if word == 0x63C0 else f"{word:04X}"
        lines.append(f"| {shown} | `{meaning.code}` | {meaning.text} | {meaning.remedy} | {meaning.reason} |")
    return "\n".join(lines)


def test_vectors(profile: str, known: set[bytes]) -> str:
    """Return signed examples made with the published vector key of a profile."""
    key = VECTOR_KEYS[profile]
    lines = [f"Public key (SubjectPublicKeyInfo): `{key.public_key.spki.hex()}`, key id `{key.key_id}`.", ""]
    for message in samples.every_message(profile):
        name = type(message).__name__
        if name not in VECTORS:
            continue
        lines += [f"**{name}**", "", "```text"]
        if isinstance(message, SignedMessage):
            sealed = sealed_as_before(message, key, known)
            lines += [
                f"body      {sealed.raw.hex()}",
                f"signature {sealed.signature.hex()}",
                f"digest    {sealed.digest}",
            ]
        else:
            lines.append(f"bytes     {message.to_bytes().hex()}")
        lines += ["```", ""]
    return "\n".join(lines).rstrip()


def sealed_as_before(message: SignedMessage, key: PrivateKey, known: set[bytes]) -> SignedMessage:
    """Return the message signed; where signatures are random (SM2), with the published one while it is right."""
    sealed = message.seal(key)
    if sealed == message.seal(key):
        return sealed
    for signature in known:
        again = replace(sealed, signature=signature)
        with suppress(SignatureInvalidError):
            again.verify(key.public_key)
            return again
    return sealed


if __name__ == "__main__":
    DOCUMENT.write_text(refreshed(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")
