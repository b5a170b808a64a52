"""Is the process alive, can it answer."""

from fastapi import APIRouter, Response

from api.deps import Answering
from api.lists import send
from catalog.query import DatasetQuery
from catalog.reading import feed_position

router = APIRouter(tags=["health"])


@router.get(
    "/healthz",
    summary="Whether the process answers",
    responses={200: {"content": {"application/json": {"example": {"status": "ok"}}}}},
)
def healthz() -> Response:
    """Alive; says nothing of the catalog."""
    return send({"status": "ok"})


@router.get(
    "/readyz",
    summary="Whether catalog and index can be asked",
    responses={200: {"content": {"application/json": {"example": {"status": "ok", "catalog": "ok", "index": "ok"}}}}},
)
def readyz(register: Answering) -> Response:
    """503 with the part that failed; where an index is "being built anew", the last good one goes on answering."""
    state = {"catalog": "ok", "index": "ok"}
    try:
        with register.catalog.reading() as session:
            feed_position(session)
    except Exception:  # noqa: BLE001 - whatever the driver raises: the answer is the same
        state["catalog"] = "unreachable"
    try:
        register.search(DatasetQuery(limit=0))
        if register.register.faulty():
            state["index"] = "being built anew"
    except Exception:  # noqa: BLE001
        state["index"] = "closed"
    ready = set(state.values()) == {"ok"}
    return send({"status": "ok" if ready else "not ready", **state}, status=200 if ready else 503)
