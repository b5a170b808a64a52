"""The web application: JSON under ``/api/v1``, pages at ``/``, both from one index and as the public may know."""

import gc
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles

from api import (
    audit,
    changes,
    coverage,
    coverage_acts,
    curation,
    datasets,
    decisions,
    errors,
    examples,
    feeds,
    glass,
    grants,
    guidance,
    health,
    hxl,
    keys,
    levels,
    needs,
    openapi,
    organizations,
    pages,
    proposed,
    register,
    requests,
    runs,
    same,
    sharing,
    sources,
    stewards,
    suggest,
    upcoming,
)
from api.access import Access
from api.acting import Bounded
from api.addresses import Uncut
from api.compression import Compressed
from api.deps import Follower, Register
from api.limits import Buckets, Limited
from api.pages import coverage as coverage_desk
from api.pages import curation as curation_desk
from api.pages import register as register_desk
from api.pages import requests as request_pages
from api.pages import sign_in
from api.pages import unmet as needs_desk
from api.seal import seal_of
from api.security import SecurityHeaders
from catalog.database import Catalog
from catalog.search.gazetteer import warm
from catalog.search.writer import follow
from catalog.vocabulary import Audience
from config.settings import Settings

DESCRIPTION = """\
Landmark is the register of who holds what humanitarian data. It lists metadata only, never the data itself.

Every list is `{"total", "items", "facets", "next"}`; pass `next` as `after` for the next page. Errors are
`application/problem+json`; a mistyped parameter is refused and the nearest real one is named. Repeats of one
parameter mean any of them, different parameters must all hold.

Without a key you are answered as the public. A key that a steward gave you goes into the header
`Authorization: Bearer lmk_...`, never into an address. What you may not know of answers as what never existed.
"""
COMPRESS_FROM = 1000
"""Bytes from which an answer is compressed."""


def create_app(settings: Settings, *, public_only: bool = False) -> FastAPI:
    """The application over one catalog.

    The catalog is opened when the app starts, which raises NoCatalog if there is none.

    Args:
        settings: Of the installation.
        public_only: It answers as the public may know, opens the public index alone and refuses keys.
    """
    addresses = Buckets(settings.rate_address)
    audiences = (Audience.PUBLIC,) if public_only else tuple(Audience)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        with Catalog(settings.catalog_url) as catalog:
            # A harvest that is just building the index first is waited for.
            follow(catalog, settings.index_dir, wait=60, audiences=audiences, thorough=True)
            access = Access(
                catalog,
                seal_of(settings),
                addresses,
                Buckets(settings.rate_key),
                Buckets(settings.rate_acts, seconds=3600),
                public_only=public_only,
                hours=settings.session_hours,
            )
            app.state.register = Register(catalog, settings, access)
            follower = Follower(catalog, settings, audiences, app.state.register.faulty)
            follower.start()
            threading.Thread(target=warm, name="landmark-names", daemon=True).start()
            # Each answer makes thousands of short-lived counts; what lives as long as the process need not be
            # looked through for cycles again and again meanwhile.
            gc.collect()
            gc.freeze()
            try:
                yield
            finally:
                gc.unfreeze()
                follower.stop()

    app = FastAPI(
        title="Landmark",
        version=_version(),
        description=DESCRIPTION,
        lifespan=lifespan,
        responses=examples.EVERYWHERE,
        openapi_url="/api/v1/openapi.json",
        # Their pages load scripts from elsewhere, which the content security policy forbids.
        docs_url=None,
        redoc_url=None,
    )
    app.add_middleware(Bounded, refuse=errors.too_long)
    app.add_middleware(Uncut, refuse=errors.address_too_long)
    app.add_middleware(Limited, buckets=addresses, refuse=errors.too_many)
    app.add_middleware(Compressed, minimum_size=COMPRESS_FROM)
    app.add_middleware(SecurityHeaders)
    errors.install(app)
    for module in (
        datasets,
        organizations,
        sources,
        runs,
        changes,
        guidance,
        health,
        hxl,
        coverage,
        sharing,
        feeds,
        suggest,
    ):
        app.include_router(module.router)
    app.include_router(register.public)
    app.include_router(upcoming.router)
    app.include_router(pages.router)
    if not public_only:
        for module in (
            levels,
            decisions,
            proposed,
            stewards,
            keys,
            grants,
            audit,
            glass,
            same,
            requests,
            coverage_acts,
            needs,
        ):
            app.include_router(module.router)
        app.include_router(curation.router)
        app.include_router(curation_desk.router)
        app.include_router(coverage_desk.desk)
        app.include_router(register.router)
        app.include_router(sign_in.router)
        app.include_router(request_pages.router)
        app.include_router(register_desk.router)
        app.include_router(needs_desk.router)
        openapi.describe_keys(app)
    app.mount("/static", StaticFiles(directory=Path(__file__).parent / "static"), name="static")
    return app


def _version() -> str:
    try:
        return version("landmark")
    except PackageNotFoundError:
        return "0"
