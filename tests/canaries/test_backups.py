"""What the command writes out: for nobody what the public may know, for a name what its stewards may, and no more."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from catalog.database import Catalog
from catalog.vocabulary import Visibility
from config.load import ConfigurationError
from landmark import app
from tests.canaries.planted import BEFORE, KINDS, NOTICED, Planted, Viewer, canary, planted, words

Place = tuple[Planted, Catalog]
WRITTEN = (
    ["search", "--json", "--limit", "1000"], ["search", "--limit", "1000"], ["changes", "--json"], ["organizations"],
    ["sources", "--json"], ["runs", "--json"], ["runs"],
)  # fmt: skip


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with planted(tmp_path_factory.mktemp("backups")) as (made, catalog, _):
        yield made, catalog


@pytest.fixture
def run(place: Place, monkeypatch: pytest.MonkeyPatch) -> Any:
    made, _ = place
    monkeypatch.setenv("LANDMARK_DATA_DIR", str(made.settings.data_dir))
    monkeypatch.setenv("LANDMARK_CONFIG_DIR", str(made.settings.config_dir))
    runner = CliRunner()

    def ran(*given: str) -> Any:
        return runner.invoke(app, [*given])

    return ran


@pytest.mark.parametrize(("name", "given"), [("public", ()), ("steward", ("--as", "A. Sample"))])
def test_what_is_written_out_is_what_its_reader_may_know(
    name: str, given: tuple[str, ...], place: Place, run: Any, tmp_path: Path
) -> None:
    made, catalog = place
    stored = made.renderings(catalog)
    allowed = made.allowed(Viewer(name, {}), stored)
    theirs = frozenset().union(*allowed.values())
    # What stood before a correction is in what changed.
    more = ("issue", "remote", *BEFORE) if name == "steward" else ()
    issues = {canary(at, field) for at in made.numbers for field in more}
    met: set[str] = set()
    written = [*WRITTEN, *(["show", made.id(at), "--json"] for at in made.numbers), ["show", made.id(0)]]
    for asked in written:
        answer = run(*asked, *given)
        assert answer.exit_code in {0, 1}, (asked, answer.output)
        met |= words(answer.output)
        assert words(answer.output) - theirs - issues == frozenset(), asked
    target = tmp_path / "out.csv"
    answer = run("search", "--limit", "1000", "--csv", str(target), *given)
    assert answer.exit_code == 0, answer.output
    exported = words(target.read_bytes())
    assert exported - theirs == frozenset()
    assert {canary(at, "title") for at in made.numbers} & theirs <= exported
    assert theirs - met == set(), "what its reader may know is written out"


def test_only_who_breaks_the_glass_gets_a_dump_and_it_holds_everything(run: Any) -> None:
    for given in ([], ["--as", "A. Sample"], ["--as", "A. Sample", "--break-glass", " "]):
        refused = run("dump", *given)
        assert isinstance(refused.exception, ConfigurationError), given
        assert words(refused.output) == frozenset()
    dumped = words(run("dump", "--as", "A. Sample", "--break-glass", "Sample reason.").output)
    owners = [at for at, kind in enumerate(KINDS) if kind[0] is Visibility.OWNER]
    assert {canary(at, field) for at in owners for field in ("title", "notes", "link", "contact")} <= dumped
    assert canary(0, NOTICED) not in dumped, "the audit is no part of it"


def test_no_name_shows_owners_own_records_without_broken_glass(place: Place, run: Any) -> None:
    made, _ = place
    at = next(at for at, kind in enumerate(KINDS) if kind[0] is Visibility.OWNER)
    never = run("show", "00000000-0000-4000-8000-00000000ffff", "--as", "A. Sample")
    hidden = run("show", made.id(at), "--as", "A. Sample")
    assert (hidden.exit_code, hidden.output.replace(made.id(at), "")) == (
        never.exit_code,
        never.output.replace("00000000-0000-4000-8000-00000000ffff", ""),
    )
    shown = run("show", made.id(at), "--as", "A. Sample", "--break-glass", "Sample reason.")
    assert canary(at, "title") in words(shown.output)
