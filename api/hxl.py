"""HXL hashtags: which there are, what one means and who has it, and where tags come from."""

from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Request, Response
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from api import examples
from api.deps import Answering, conditional
from api.lists import JSON
from api.parameters import NoParameters, read_limit
from catalog.answer import list_json
from catalog.hashtags import origins_json, tag_json, tags

router = APIRouter(prefix="/api/v1/hxl", tags=["hxl"])


class TagParameters(BaseModel):
    """Which hashtags to list."""

    model_config = ConfigDict(extra="forbid")
    q: str = Field("", max_length=200, description="Part of the hashtag or of its meaning.", examples=["affected"])
    limit: Annotated[int, BeforeValidator(read_limit)] = Field(
        100, description="Hashtags on a page, 0 to 1,000.", examples=["5"]
    )
    after: str = Field("", max_length=20, description="The `next` of the page before.")


class StatsParameters(BaseModel):
    """How much to tell."""

    model_config = ConfigDict(extra="forbid")
    limit: Annotated[int, BeforeValidator(read_limit)] = Field(
        100, description="Countries and organisations, those with most datasets, 0 to 1,000.", examples=["5"]
    )


@router.get("/tags", summary="What columns hold", responses=examples.ok(examples.TAGS) | examples.REFUSED)
def list_tags(request: Request, asking: Answering, asked: Annotated[TagParameters, Query()]) -> Response:
    """HXL hashtags without attributes, with the number of datasets that have them on a column; most first.

    `origins` counts the datasets by where the tag comes from: `declared` by the source, `mapped` from its own words,
    `inferred` from headers, `curated` by a person. `label` is empty for what is not in HXL's core dictionary.
    """
    found = tags(asking.tagged(), asked.q, asked.limit, asked.after)
    shown = (
        {"tag": one.tag, "label": one.label, "datasets": one.datasets, "origins": one.origins} for one in found.counts
    )
    return conditional(request, list_json(shown, found.total, found.next), JSON, asking.generation)


@router.get(
    "/tags/{tag}",
    summary="What one hashtag means and who has it",
    responses=examples.ok(examples.TAG) | examples.NOT_FOUND,
)
def show_tag(request: Request, asking: Answering, tag: str, _: Annotated[NoParameters, Query()]) -> Response:
    """Its meaning in words, the attributes seen with it, and the first datasets; the rest by `/datasets?hxl=`.

    `adm1` and `adm1+code` can be asked for, with the `#` written as `%23` or left out.
    """
    found = tag_json(asking.search, asking.tagged(), tag)
    if found is None:
        raise HTTPException(404)
    return conditional(request, found[0], JSON, found[1])


@router.get("/stats", summary="Where tags come from", responses=examples.ok(examples.TAG_STATS) | examples.REFUSED)
def show_stats(request: Request, asking: Answering, asked: Annotated[StatsParameters, Query()]) -> Response:
    """Datasets with tags of each origin, as a share of those whose columns are known, by country, holder and month.

    A dataset may have tags of several origins. The month is that in which the data last changed: read in order, it
    shows how the share of datasets changes whose source still declares hashtags.
    """
    body, generation = origins_json(asking.search, asked.limit)
    return conditional(request, body, JSON, generation)
