"""Runs the application with uvicorn."""

import gc

import uvicorn

from api.addresses import CuttingProtocol
from api.app import create_app
from catalog.database import Catalog
from config.settings import Settings

YOUNG_OBJECTS = 50_000


def serve(settings: Settings, host: str = "127.0.0.1", port: int = 8000, *, public_only: bool = False) -> None:
    """Serve API and pages until interrupted; prints nothing itself.

    Raises:
        NoCatalog: There is no catalog at the address.
    """
    # A missing catalog is told to the caller instead of ending in the server's log.
    Catalog(settings.catalog_url).close()
    # One answer makes thousands of counts that are gone with it: by the usual threshold of 700 the collector would
    # look through them several times an answer.
    gc.set_threshold(YOUNG_OBJECTS, 20, 100)
    config = uvicorn.Config(
        create_app(settings, public_only=public_only),
        host=host,
        port=port,
        http=CuttingProtocol,
        log_level="warning",
        access_log=False,
        server_header=False,
    )
    uvicorn.Server(config).run()
