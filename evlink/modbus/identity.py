"""The device identification: texts, and which of them a request asks for (Modbus application protocol 6.21)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

ILLEGAL_ADDRESS, ILLEGAL_VALUE = 2, 3
CONFORMITY = 0x82  # basic and regular objects, as a stream or one by one
LONGEST = 60
BASIC, REGULAR = 3, 7  # objects of each level, from 0
ONE = 4


@dataclass(frozen=True, slots=True)
class Identity:
    """What the station says of itself."""

    vendor: str
    product_code: str
    revision: str
    product_name: str = ""
    model_name: str = ""
    application: str = ""
    url: str = ""

    def objects(self) -> dict[int, bytes]:
        """The objects by number, 0 to 6; without text only the basic ones are there, which every device has."""
        texts = (
            self.vendor,
            self.product_code,
            self.revision,
            self.url,
            self.product_name,
            self.model_name,
            self.application,
        )
        coded = {number: text.encode("utf-8", "replace")[:LONGEST] for number, text in enumerate(texts)}
        return {number: text for number, text in coded.items() if text or number < BASIC}


def asked(objects: Mapping[int, bytes], read_code: int, object_id: int) -> dict[int, bytes] | int:
    """The objects that a request asks for, or the exception code that refuses it.

    A level above ours is answered with ours; a stream that begins at an unknown object begins at the first.
    """
    if not 1 <= read_code <= ONE:
        return ILLEGAL_VALUE
    if read_code == ONE:
        return {object_id: objects[object_id]} if object_id in objects else ILLEGAL_ADDRESS
    level = {number: text for number, text in objects.items() if number < (BASIC if read_code == 1 else REGULAR)}
    begin = object_id if object_id in level else 0
    return {number: text for number, text in level.items() if number >= begin}
