"""Alternating rounds and what is said of them: medians, ratio, spread."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Any, Literal

Better = Literal["higher", "lower"]
FEWEST_ROUNDS = 3


@dataclass(frozen=True)
class Round:
    """One run of the product between two runs of the floor."""

    floor_before: float
    product: float
    floor_after: float

    @classmethod
    def from_json(cls, data: dict[str, float]) -> Round:
        """Read raw figures back."""
        return cls(data["floor_before"], data["product"], data["floor_after"])

    @property
    def floor(self) -> float:
        """The floor as it would have been at the moment of the product: a steady drift cancels out."""
        return (self.floor_before + self.floor_after) / 2

    @property
    def ratio(self) -> float:
        """The product as a part, or a multiple, of the floor."""
        return self.product / self.floor

    def as_json(self) -> dict[str, float]:
        """Return the raw figures."""
        return {
            "floor_before": round(self.floor_before, 4),
            "product": round(self.product, 4),
            "floor_after": round(self.floor_after, 4),
            "ratio": round(self.ratio, 4),
        }


@dataclass(frozen=True)
class Result:
    """What one measure found."""

    name: str
    unit: str
    target: float
    better: Better
    rounds: tuple[Round, ...]

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Result:
        """Read a row of bench.json back."""
        rounds = tuple(Round.from_json(each) for each in data["rounds"])
        return cls(data["name"], data["unit"], data["target"], data["better"], rounds)

    @property
    def floor(self) -> float:
        """The median of the floor."""
        return median(each.floor for each in self.rounds)

    @property
    def product(self) -> float:
        """The median of the product."""
        return median(each.product for each in self.rounds)

    @property
    def ratio(self) -> float:
        """The median of the rounds' own ratios, which are steadier than the ratio of two medians."""
        return median(each.ratio for each in self.rounds)

    @property
    def spread(self) -> tuple[float, float]:
        """The worst and the best round's ratio, smallest first."""
        ratios = [each.ratio for each in self.rounds]
        return min(ratios), max(ratios)

    @property
    def is_met(self) -> bool:
        """Whether the ratio reaches the target."""
        return self.ratio >= self.target if self.better == "higher" else self.ratio <= self.target

    def as_json(self) -> dict[str, Any]:
        """Return the row of bench.json."""
        return {
            "name": self.name,
            "unit": self.unit,
            "floor": round(self.floor, 4),
            "product": round(self.product, 4),
            "ratio": round(self.ratio, 4),
            "target": self.target,
            "better": self.better,
            "rounds": [each.as_json() for each in self.rounds],
        }


def alternate(floor: Callable[[], float], product: Callable[[], float], *, rounds: int) -> tuple[Round, ...]:
    """Run floor, product, floor, product, … floor, and return the rounds.

    The two share the minute, so whatever else the machine does falls on both.
    """
    found = []
    before = floor()
    for _ in range(rounds):
        between = product()
        after = floor()
        found.append(Round(before, between, after))
        before = after
    return tuple(found)
