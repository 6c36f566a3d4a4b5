"""The old way of ISO 7816-4 for cards without extended length: commands in parts, answers by 61xx and GET RESPONSE."""

from __future__ import annotations

from dataclasses import replace

from devices.gateway.exchange import Exchange, read, require
from devices.protocol.apdu import MAX_ANSWER, AnswerApdu, CommandApdu
from devices.protocol.status_words import SW, is_success

MORE = 0x61
MORE_FOLLOWS = 0x10  # bit of the class byte: this is not the last part
GET_RESPONSE = 0xC0
PART, SHORT_LE = 0xFF, 0x100


class ChainedExchange(Exchange):
    """Sends long commands in parts and fetches long answers; what it hands on is one command and one answer."""

    def carry(self, command: CommandApdu) -> AnswerApdu:
        """Send every part, then fetch the whole answer.

        Once the card has begun to answer with 61xx it has acted: a refusal after that is not believed.
        Raises: TransportError.
        """
        parts = [command.data[at : at + PART] for at in range(0, len(command.data), PART)] or [b""]
        for part in parts[:-1]:
            answer = self._exchange(replace(command, cla=command.cla | MORE_FOLLOWS, data=part, le=None))
            if answer.status_word != SW.OK:
                return answer  # refused before the last part: nothing was carried out
        le = None if command.le is None else min(command.le, SHORT_LE)
        return self._whole(self._exchange(replace(command, data=parts[-1], le=le)))

    def _whole(self, answer: AnswerApdu) -> AnswerApdu:
        data = answer.data
        if answer.status_word >> 8 != MORE:
            return answer
        while answer.status_word >> 8 == MORE:
            answer = self._exchange(CommandApdu(0, GET_RESPONSE, le=answer.status_word & 0xFF or SHORT_LE))
            data += answer.data
            require(bool(answer.data) and len(data) + 2 <= MAX_ANSWER, "the answer does not come to an end")
        require(is_success(answer.status_word), "the answer broke off")
        return AnswerApdu(data, answer.status_word)

    def _exchange(self, command: CommandApdu) -> AnswerApdu:
        return read(AnswerApdu.from_bytes, self._channel.transmit(command.to_bytes()))
