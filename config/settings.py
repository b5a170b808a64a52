"""Settings from the environment (``LANDMARK_*``), frozen once read."""

import os
from collections.abc import Mapping
from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

_KEY = "LANDMARK_KEY_"


def _keys() -> dict[str, SecretStr]:
    found = {name.upper(): value for name, value in os.environ.items() if name.upper().startswith(_KEY)}
    return {_name(name): SecretStr(value) for name, value in found.items()}


def _name(variable: str) -> str:
    return variable.removeprefix(_KEY).lower().replace("_", "-")


class Settings(BaseSettings):
    """What one installation of Landmark is told by its environment.

    Attributes:
        database_url: SQLAlchemy address of the catalog; empty means the SQLite file ``landmark.db`` in ``data_dir``.
        data_dir: Where the embedded catalog and the search indexes live.
        config_dir: A folder whose ``sources/``, ``rules/``, ``needs/`` and ``register/`` add to the shipped ones;
            a file of the same name replaces the shipped one whole.
        sources: Which of the shipped sources there are: ``all``, or their keys with commas between, or ``none``; those
            of ``config_dir`` come on top.
        actor: Who acts, where a steward's command is not given ``--as NAME``.
        contact: A mail address or web page that portals find in our User-Agent.
        proxy: Address of an HTTP proxy for all portal traffic; empty means none, whatever other variables say.
        http_connect: Seconds within which a portal must be connected.
        http_read: Seconds without a byte after which a portal is given up.
        http_total: Seconds that one request may take in all, repetitions and pauses included.
        http_max_bytes: The largest answer that is taken in, as sent and as unpacked.
        http_longest_pause: Seconds; a portal that asks for a longer pause is asked again after this one.
        http_cache_bytes: How much is kept, in ``http.db`` in ``data_dir``, of answers a portal may call unchanged;
            0 for nothing.
        keys: The portals' keys by source, from ``LANDMARK_KEY_<SOURCE>``: its name in capitals, ``_`` for ``-``.
        profile: Whether files are looked at for the names of their columns.
        profile_budget: How many files are looked at in one go.
        profile_schedule: When, in the scheduler: a crontab, UTC; empty for never.
        links: Whether addresses are looked at, to know whether they are still there.
        links_budget: How many addresses are looked at in one go.
        links_schedule: When, in the scheduler: a crontab, UTC; empty for never.
        payload_versions: How many of a record's last native payloads are kept.
        secret: Seals what is handed to readers to give back: the places where pages end. Empty means a random one in
            the file ``secret`` in ``data_dir``; several servers of one catalog are given the same.
        rate_address: Requests a minute, and at once, that one address may send; 0 for any number.
        rate_key: The same of one key.
        rate_acts: Acts an hour, and at once, of a key that is no steward's; 0 for any number.
        session_hours: After which somebody who signed in must do so again.
        retention_days: After which a key that was revoked or has expired is deleted with the name of its holder.
        request_days: After which a request for data that was not answered is noted so, where its record does not say.
        requests_a_day: How many requests one key may open on one day (UTC); 0 for any number.
    """

    model_config = SettingsConfigDict(env_prefix="LANDMARK_", frozen=True, extra="ignore")

    database_url: str = ""
    data_dir: Path = Path("var")
    config_dir: Path | None = None
    sources: str = "all"
    actor: str = ""
    contact: str = ""
    proxy: str = ""
    http_connect: float = Field(default=10, gt=0)
    http_read: float = Field(default=30, gt=0)
    http_total: float = Field(default=120, gt=0)
    http_max_bytes: int = Field(default=64 << 20, gt=0)
    http_longest_pause: float = Field(default=60, ge=0)
    http_cache_bytes: int = Field(default=64 << 20, ge=0)
    keys: Mapping[str, SecretStr] = Field(default_factory=_keys)
    profile: bool = True
    profile_budget: int = Field(default=1_000, ge=0)
    profile_schedule: str = "15 1 * * *"
    links: bool = True
    links_budget: int = Field(default=1_000, ge=0)
    links_schedule: str = "45 1 * * *"
    payload_versions: int = Field(default=2, ge=1, le=50)
    secret: SecretStr = SecretStr("")
    rate_address: int = Field(default=1_200, ge=0)
    rate_key: int = Field(default=1_200, ge=0)
    rate_acts: int = Field(default=30, ge=0)
    session_hours: float = Field(default=8, gt=0, le=72)
    retention_days: int = Field(default=365, ge=1)
    request_days: int = Field(default=30, ge=1, le=365)
    requests_a_day: int = Field(default=20, ge=0)

    @property
    def shipped_sources(self) -> frozenset[str] | None:
        """Keys of the shipped sources that there are; None for all."""
        named = {word for word in self.sources.replace(",", " ").split() if word != "none"}
        return None if "all" in named else frozenset(named)

    @property
    def catalog_url(self) -> str:
        """The SQLAlchemy address of the catalog, the default filled in."""
        return self.database_url or f"sqlite:///{(self.data_dir / 'landmark.db').as_posix()}"

    @property
    def cache_file(self) -> Path:
        """The file of answers that a portal may call unchanged."""
        return self.data_dir / "http.db"

    def key_of(self, source: str, variable: str = "") -> str:
        """A source's key, empty if there is none; ``variable`` is the environment variable that holds it."""
        found = self.keys.get(_name(variable) if variable else source)
        return found.get_secret_value().strip() if found else ""

    @property
    def index_dir(self) -> Path:
        """The folder that holds one search index per audience."""
        return self.data_dir / "index"
