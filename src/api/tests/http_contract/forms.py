"""Texts that are nearly a day or a time: what a document allows is taken, what it forbids is refused."""

import random

from contract import Port
from openapi_schema_validator import OAS31Validator

_DAYS = ["2024-06-01", "20240601", "2024-153", "2024153", "2024-W22-6", "2024W226", "2024-366", "2023-366", "2024366",
         "2024-02-29", "2023-02-29", "20240229", "20230229", "2024-000", "2024-367", "2024-13-01", "2024-W00-1", "2024-W22-8",
         "2024-W22", "2024-06", "1980-01-01", "1980001", "1979-12-31", "24-06-01", "2024-0601", "2024W22-6", "2000-366", "1900-366"]  # fmt: skip
_JOINTS = ["T", "t", " ", "_", "  "]
_CLOCKS = ["05", "05:30", "0530", "05:30:10", "053010", "05:30:10.25", "053010,25", "24", "24:00", "2400", "24:00:00", "24:00:00.0",
           "240000,000", "24:00:00.0000001", "24:00:01", "24:01", "25", "05:60", "05:30:61", "05.5", "05:30.5", "05:30:10.", "5:30"]  # fmt: skip
_ZONES = ["", "Z", "z", "+02:00", "-0200", "+02", "\u221202:00", "\u22120230", "+24", "+02:60", " Z", "UTC", "+2"]
_ENDS = ["", "", "", " ", "\t", "\u00a0"]
_CHANGES = "0123456789-:TZW+., "


def texts(seed: int, count: int) -> list[str]:
    """Every day alone; then days with times, some of them with a character that is another."""
    chance = random.Random(seed)
    made = list(_DAYS)
    while len(made) < count:
        text = chance.choice(_DAYS)
        if chance.random() < 0.8:
            text += chance.choice(_JOINTS[:3] * 3 + _JOINTS) + chance.choice(_CLOCKS) + chance.choice(_ZONES)
        if chance.random() < 0.2:
            at = chance.randrange(len(text))
            text = text[:at] + chance.choice(_CHANGES) + text[at + 1 :]
        made.append(chance.choice(_ENDS) + text + chance.choice(_ENDS))
    return made


def is_left_out(text: str) -> bool:
    """What the patterns say that they leave out: week 53, weeks of 1980, leap seconds."""
    return "W53" in text or "1980-W" in text or "1980W" in text or "60" in text


def allows(port: Port, schema: str, body: dict[str, object]) -> bool:
    whole = {"$ref": f"#/components/schemas/{schema}", "components": port.document["components"]}
    return OAS31Validator(whole).is_valid(body)
