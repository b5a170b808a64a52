"""What stewards are told: how much is hidden, and who broke the glass."""

from dataclasses import asdict
from typing import Annotated

import orjson
from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from api import examples
from api.acting import Acting, require_steward
from api.deps import conditional
from api.lists import JSON
from api.parameters import NoParameters, read_limit
from catalog import metrics, notices
from catalog.answer import list_json

router = APIRouter(prefix="/api/v1", tags=["stewards"])


class NoticeParameters(BaseModel):
    """Which notices to list."""

    model_config = ConfigDict(extra="forbid")
    limit: Annotated[int, BeforeValidator(read_limit)] = Field(50, description="Notices in the list, 0 to 1,000.")
    after: int = Field(0, ge=0, le=1_000_000, description="The `next` of the page before.")


@router.get(
    "/metrics", summary="How much is hidden, by country", responses=examples.ok(examples.METRICS) | examples.ACTS
)
def show_metrics(request: Request, asking: Acting, _: Annotated[NoParameters, Query()]) -> Response:
    """Exact, of the records that a steward is shown; for nobody else: that a figure is small would tell."""
    require_steward(asking)
    with asking.catalog.reading() as session:
        rows = metrics.hidden(session, asking.viewer)
    items = [asdict(row) | {"share": row.share, "share_with_owners": row.share_with_owners} for row in rows]
    body = orjson.dumps({"items": items})
    return conditional(request, body, JSON, body.decode())


@router.get("/notices", summary="Who broke the glass", responses=examples.ok(examples.NOTICES) | examples.ACTS)
def list_notices(request: Request, asking: Acting, asked: Annotated[NoticeParameters, Query()]) -> Response:
    """When somebody looked at everything, owners' own records too, at what and why; for stewards.

    Those of some sources and countries are told of their own records and sources only.
    """
    require_steward(asking)
    with asking.catalog.reading() as session:
        items, total = notices.notices(session, asking.viewer, asked.limit, asked.after)
    end = asked.after + asked.limit
    body = list_json(items, total, str(end) if asked.limit and end < total else "")
    return conditional(request, body, JSON, body.decode())
