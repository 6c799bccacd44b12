"""Messages that are mostly good, and none of them what no schema says."""

import json
import random

import forms
from gaps import WHOLE

_MISSING = [None, "", "None", "nan"]
_SENSELESS = [True, False, [], {}, 1.5, -1, 0, "\u200b", "x" * 300, " None", "none"]
_CHARACTERS = ["a", "B", "é", "🐄", " ", "\t", "\n", "\x00", "\x1f", "\x7f", "\x85", "\u00a0", "\u180e", "\u200b", "\u2003", "\u2028", "\ufeff"]
_UNITS = ["l", "ltr", "litre", "litres", "liter", "liters", "gal", "gallon", "gallons", "kg", "kgm", "kilogram", "kilograms", "lb", "lbs",
          "lbr", "pound", "pounds", "lt", "litr", "gall", "kilo", "lbx", "ml", "t"]  # fmt: skip
_ZONES = ["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires", "Etc/GMT+5", "Europe Berlin", "Europe/", "/", "Zürich", "\u200bUTC"]
_FARMS = [*["default"] * 10, *_MISSING, "Default", "-default", "a.b", "é", " default", "default\n", "x" * 64, 7, True, []]
_CAREFUL = {"time_zone", "litre_max", "kilogram_max"}
"""Whose senseless values can be what no schema says: a zone that is none, an end of a range."""
_FLAGS = [True, False, 1, 0, "1", "0", "true", "false", "True", "yes", "01", " 1", 2, []]
_TIMES = [text for text in forms.texts(seed=12, count=1500) if not forms.is_left_out(text) and "2001" <= text.strip()[:4] <= "2025"]


class Sender:
    def __init__(self, seed: int):
        self.chance = random.Random(seed)

    def message(self, topic: str) -> dict:
        makers = {
            "cows": {"id": self._id, "name": self._name, "birthdate": self._birthdate},
            "sensors": {"id": self._id, "unit": self._unit, "kind": self._kind},
            "measurements": {"sensor_id": self._id, "cow_id": self._id, "timestamp": self._time, "value": self._value},
            "farms": {"id": self._farm_id, "name": self._name, "time_zone": self._zone, "litre_min": self._min, "litre_max": self._max,
                      "kilogram_min": self._min, "kilogram_max": self._max, "milk_density": self._density},
        }[topic]  # fmt: skip
        message = dict(WHOLE[topic])
        for name in self.chance.sample(sorted(makers), self.chance.randint(1, len(makers))):
            senseless = self.chance.random() < 0.1 and name not in _CAREFUL
            message[name] = self.chance.choice(_SENSELESS + _MISSING) if senseless else makers[name]()
        if self.chance.random() < 0.2:
            message["deleted"] = self.chance.choice(_FLAGS + _MISSING)
        if topic != "farms" and self.chance.random() < 0.3:
            message["farm"] = self.chance.choice(_FARMS)
        if self.chance.random() < 0.2:
            message["more"] = self.chance.choice(_SENSELESS)
        if self.chance.random() < 0.2:
            del message[self.chance.choice(sorted(message))]
        return message

    def _text(self, longest: int) -> str:
        weights = [20, 20] + [1] * (len(_CHARACTERS) - 2)
        return "".join(self.chance.choices(_CHARACTERS, weights, k=self.chance.randint(0, longest)))

    def _between(self, blanks: list[str], text: str) -> str:
        return self.chance.choice(["", "", *blanks]) + text + self.chance.choice(["", "", *blanks])

    def _id(self):
        return self.chance.choice([self._text(6), self._text(6) + "a" * 250, self.chance.randint(-(10**40), 10**40)])

    def _name(self):
        return self._text(8) + self.chance.choice(["", "a" * 248])

    def _birthdate(self):
        return self.chance.choice(_TIMES)

    def _unit(self):
        unit = "".join(self.chance.choice([c, c.upper()]) for c in self.chance.choice(_UNITS))
        return self._between([" ", "\u00a0\t", "\ufeff", "\u200b"], unit)

    def _kind(self):
        return self._between([" ", "\u2003", "\n"], self.chance.choice(["", "milk", "weight", "Weight", "steps"]))

    def _decimal(self, number: int, decimals: int):
        """As a number or a text."""
        sign, digits = "-" if number < 0 else "", str(abs(number)).zfill(decimals + 1)
        text = digits if decimals == 0 else f"{digits[:-decimals]}.{digits[-decimals:]}"
        if self.chance.random() < 0.5:
            return json.loads(sign + text)
        sign = sign or self.chance.choice(["", "+"])
        return self._between([" ", "\t", "\u00a0"], sign + self.chance.choice(["", "00"]) + text + ("0" if decimals else "."))

    def _time(self):
        if self.chance.random() < 0.3:
            return self.chance.choice(_TIMES)
        seconds = self.chance.randint(90 * 10**7, self.chance.choice([100, 170]) * 10**7)
        unix = seconds * self.chance.choice([1, 1, 10**3, 10**6, 10**9, -1])
        return self._decimal(*self.chance.choice([(unix, 0), (unix * 100 + 25, 2)]))

    def _value(self):
        return self._decimal(self.chance.randint(-100, 2 * 10 ** self.chance.randint(2, 9)), self.chance.choice([0, 2, 6]))

    def _farm_id(self):
        return self.chance.choice([*["schema-farm"] * 9, "0" * 63, "0" * 64, "", "-a", "a-", "A", "nan", "a\n", "é"])

    def _zone(self):
        if self.chance.random() < 0.3:
            return self.chance.choice([*_MISSING, 3, True, []])
        return self._between([" ", "\u2003", "\n"], self.chance.choice(_ZONES))

    def _min(self):
        return self._decimal(self.chance.randint(-20, 200), 1)

    def _max(self):
        return self._decimal(self.chance.randint(3 * 10**7, 11 * 10 ** self.chance.randint(7, 11)), 6)

    def _density(self):
        return self._decimal(self.chance.randint(85, 125) * 10**4, 6)
