"""What ``indicators.yaml`` may say: how it is told whether sharing improves, each figure with its definition."""

from typing import Literal, Self

from pydantic import Field, model_validator

from config.declarations import Declaration

MEASURES = (
    "holdings", "open", "by_request", "closed", "access_unknown", "age", "meaning", "meaning_declared",
    "meaning_mapped", "meaning_inferred", "meaning_curated", "route", "needs_met", "requests", "answered",
    "days_to_answer", "downloads", "views", "hidden", "silent_donors", "entered",
)  # fmt: skip
"""What can be computed of a snapshot; ``entered`` is written by hand."""


class Indicator(Declaration):
    """One indicator, as it can stand in a work plan.

    Attributes:
        id: Lower-case words with hyphens.
        version: Raised when what is computed changes: figures of other versions are not joined by a line.
        unit: ``share`` (0 to 1), ``days`` or ``count``.
        better: Which way is an improvement; ``neither`` where it says nothing of that.
        stewards: Whether it counts what others may not know of.
    """

    id: str = Field(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$")
    name: str = Field(min_length=3, max_length=120)
    measure: str
    version: int = Field(1, ge=1)
    definition: str = Field(min_length=20)
    source: str = Field(min_length=3)
    unit: Literal["share", "days", "count"]
    better: Literal["more", "less", "neither"] = "neither"
    baseline: str = ""
    target: str = ""
    stewards: bool = False

    @model_validator(mode="after")
    def _known(self) -> Self:
        if self.measure not in MEASURES:
            raise ValueError(f'measure: there is no "{self.measure}"; write one of {", ".join(MEASURES)}')
        return self


class Indicators(Declaration):
    """All of them, in the order in which they are shown; raises ValueError where an id stands twice."""

    indicators: tuple[Indicator, ...]

    @model_validator(mode="after")
    def _once(self) -> Self:
        ids = [one.id for one in self.indicators]
        if twice := next((one for one in ids if ids.count(one) > 1), ""):
            raise ValueError(f'indicators: "{twice}" stands twice; give one another id')
        return self

    def named(self, key: str) -> Indicator | None:
        """The indicator of an id."""
        return next((one for one in self.indicators if one.id == key), None)
