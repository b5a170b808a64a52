"""The page that says whether sharing improves."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from api.deps import Answering
from api.pages.plot import HEIGHT, WIDTH, plot
from api.pages.render import render
from catalog.places import country_name
from catalog.sharing import figures, snapshots

router = APIRouter()


class MetricsParameters(BaseModel):
    """Of which country."""

    model_config = ConfigDict(extra="forbid")
    country: str = Field("", pattern="^([A-Za-z]{3})?$")


@router.get("/metrics")
def metrics_page(request: Request, asking: Answering, asked: Annotated[MetricsParameters, Query()]) -> Response:
    """Each indicator with its newest value, how it moved, and its definition."""
    country = asked.country.upper()
    shown = []
    with asking.catalog.reading() as session:
        for one in asking.register.indicators().indicators:
            if not figures.shown(one, asking.viewer):
                continue
            values = figures.series(session, asking.viewer, one, country)
            drawn = plot([(value.day, value.value) for value in values], share=one.unit == "share")
            told = [(value, figures.words(one, value)) for value in values]
            shown.append({"indicator": one, "told": told, "plot": drawn})
        places = [(iso3, country_name(iso3)) for iso3 in snapshots.countries(session, asking.viewer)]
        days = snapshots.days(session)
    return render(
        request,
        "metrics.html",
        country=country,
        place=country_name(country) if country else "All countries",
        countries=sorted(places, key=lambda place: place[1]),
        days=days,
        shown=shown,
        width=WIDTH,
        height=HEIGHT,
    )
