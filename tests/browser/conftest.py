"""Headless Chromium before the demonstration as it is served."""

import shutil
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.journeys.installation import Installation

RETRIES = 8
"""Connections refused while the server starts; httpx waits longer before each."""
QUIET = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip


@pytest.fixture(scope="session")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where ``landmark demo`` serves."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
    landmark = Installation(tmp_path_factory.mktemp("browser") / "home")
    process = landmark.start("demo", "--port", str(port))
    try:
        yield ready(f"http://127.0.0.1:{port}", process)
    finally:
        process.terminate()
        process.communicate(timeout=30)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """The browser; Debian's, for a test tool's own cannot be fetched everywhere."""
    from playwright.sync_api import sync_playwright

    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        pytest.fail("Chromium is not installed: install Debian's package chromium, as .ci/run does")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(QUIET))
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def album() -> Path:
    """Where screenshots are kept for looking at: ``var/screenshots``."""
    folder = Path("var/screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def ready(address: str, process: Any) -> str:
    """The address, once what is served there answers."""
    for line in process.stdout:
        if line.startswith(b"Serving on "):
            break
    with httpx.Client(transport=httpx.HTTPTransport(retries=RETRIES)) as client:
        assert client.get(f"{address}/readyz", timeout=60).status_code == 200
    return address
