"""Settings from the environment (``LANDMARK_*``), frozen once read."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """What one installation of Landmark is told by its environment.

    Attributes:
        database_url: SQLAlchemy address of the catalog; empty means the SQLite file ``landmark.db`` in ``data_dir``.
        data_dir: Where the embedded catalog and the search indexes live.
        config_dir: A folder whose ``sources/``, ``rules/``, ``needs/`` and ``register/`` add to the shipped ones;
            a file of the same name replaces the shipped one whole.
        actor: Who acts, where a steward's command is not given ``--as NAME``.
        contact: A mail address or web page that portals find in our User-Agent.
        proxy: Address of an HTTP proxy for all portal traffic; empty means none, whatever other variables say.
        payload_versions: How many of a record's last native payloads are kept.
    """

    model_config = SettingsConfigDict(env_prefix="LANDMARK_", frozen=True, extra="ignore")

    database_url: str = ""
    data_dir: Path = Path("var")
    config_dir: Path | None = None
    actor: str = ""
    contact: str = ""
    proxy: str = ""
    payload_versions: int = Field(default=2, ge=1, le=50)

    @property
    def catalog_url(self) -> str:
        """The SQLAlchemy address of the catalog, the default filled in."""
        return self.database_url or f"sqlite:///{(self.data_dir / 'landmark.db').as_posix()}"

    @property
    def index_dir(self) -> Path:
        """The folder that holds one search index per audience."""
        return self.data_dir / "index"
