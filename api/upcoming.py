"""What will be collected: planned holdings and the needs of data analysis plans."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from api import examples
from api.deps import Answering, Asking, conditional, today
from api.lists import JSON
from api.parameters import read_limit
from catalog.answer import list_json
from catalog.places import iso3_of
from catalog.upcoming import upcoming

router = APIRouter(prefix="/api/v1", tags=["upcoming"])


def _country(value: object) -> str:
    text = str(value).strip()
    code = iso3_of(text) if text else ""
    if code is None:
        raise ValueError("It must be a country's ISO code or name, such as SDN.")
    return code


def _place(value: object) -> int:
    text = str(value)
    if not (text.isascii() and text.isdigit() and len(text) <= 6):  # noqa: PLR2004
        raise ValueError('It must be the "next" of the page before.')
    return int(text)


class UpcomingParameters(BaseModel):
    """Which of them."""

    model_config = ConfigDict(extra="forbid")
    country: Annotated[str, BeforeValidator(_country)] = Field(
        "", description="Where: a country's ISO code or name.", examples=["SSD"]
    )

    @property
    def countries(self) -> tuple[str, ...]:
        """ISO codes."""
        return (self.country,) if self.country else ()


class UpcomingPage(UpcomingParameters):
    """Which of them, page by page."""

    limit: Annotated[int, BeforeValidator(read_limit)] = Field(
        100, description="Items on a page, 0 to 1,000.", examples=["5"]
    )
    after: Annotated[int, BeforeValidator(_place)] = Field(0, description="The `next` of the page before.")


@router.get("/upcoming", summary="What will be collected", responses=examples.ok(examples.UPCOMING) | examples.REFUSED)
def list_upcoming(request: Request, register: Answering, asked: Annotated[UpcomingPage, Query()]) -> Response:
    """What, where, by whom, and whom to ask; the next first, what is late last. As a calendar it is `/upcoming.ics`.

    `questions_until` is the last day on which questions can be added to a round's plan; `late` is what was expected
    before today, and of which nobody has said that it is there.
    """
    found = read(register, asked)
    page = found[asked.after : asked.after + asked.limit]
    end = asked.after + len(page)
    more = str(end) if page and end < len(found) else ""
    body = list_json(page, len(found), more)
    return conditional(request, body, JSON, body.decode())


def read(register: Asking, asked: UpcomingParameters) -> list[dict[str, Any]]:
    """What will be collected, as who asks may know."""
    with register.catalog.reading() as session:
        return upcoming(session, register.viewer, today(), asked.countries)
