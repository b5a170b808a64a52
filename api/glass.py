"""Breaking the glass: a steward is shown one record whole, its owner's secrets too; it is recorded, and noticed."""

from dataclasses import replace

from fastapi import APIRouter, HTTPException, Response

from api import examples
from api.acting import Acting, WithReason, require_steward
from api.datasets import read_document
from api.lists import send_once
from catalog import glass

router = APIRouter(prefix="/api/v1", tags=["stewards"])


@router.post(
    "/datasets/{key}/break-glass",
    summary="Read one record whole, and say why",
    responses=examples.ok(examples.DATASET) | examples.NOT_FOUND | examples.ACTS,
)
def break_glass(asking: Acting, key: str, asked: WithReason) -> Response:
    """Though it is for its owner alone; by a steward of everything, or of its source or one of its countries.

    It is answered once and for nobody to keep. The audit says who looked and why before anything is shown, also where
    there is nothing to show, and stewards are told (`/api/v1/notices`).
    """
    require_steward(asking)
    with asking.catalog.writing() as session:
        viewer = glass.break_for(session, asking.viewer, key, asked.reason)
    found = None if viewer is None else read_document(replace(asking, viewer=viewer), key, others=asking.viewer)
    if found is None:
        raise HTTPException(404)
    return send_once(found[0])
