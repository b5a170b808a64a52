"""The command that judges the catalog again: reassess."""

import sys
from collections import Counter
from typing import Annotated, Any

import typer

from catalog import proposals, sources
from catalog.answer import list_json
from catalog.assess import Assessor
from catalog.curation.names import rules_of
from catalog.database import Catalog
from catalog.runs import Counts, RunInProgress
from catalog.vocabulary import RunState
from config import load
from config.settings import Settings
from harvester.cli import EXIT_CODES, ISSUES_SHOWN, WORST, index, no_kind, shown_progress, stopping
from harvester.portal import portals
from harvester.reassess import Reassessment, reassess

app = typer.Typer()


@app.command("reassess")
def reassess_command(
    source: Annotated[
        str, typer.Option(metavar="KEY", help="Only this source; all if left out.", show_default=False)
    ] = "",
    json: Annotated[bool, typer.Option("--json", help="Print the reports as JSON, progress aside.")] = False,
) -> None:
    """Judge all records again by the rules of today, from what the portals said last, without any network.

    Ctrl-C stops after the page in hand; what is written stays, and the same command does the rest.
    """
    settings = Settings()
    done: list[Reassessment] = []
    faults: list[load.ConfigurationError] = []
    with Catalog(settings.catalog_url) as catalog, stopping() as stopped:
        with catalog.reading() as session:
            entries = (
                [sources.named(session, settings, source)]
                if source
                else list(sources.registered(session, settings, faults))
            )
        assessor = Assessor(rules_of(catalog, settings))
        for entry in entries:
            if entry.source.kind not in portals():
                raise load.ConfigurationError(no_kind(entry.source))
            if stopped():
                break
            with shown_progress(entry.source, quiet=json) as show:
                try:
                    judged = reassess(
                        catalog,
                        entry.source,
                        portals()[entry.source.kind],
                        assessor,
                        settings,
                        progress=show,
                        stopped=stopped,
                    )
                except RunInProgress as error:
                    print(error, file=sys.stderr)
                    judged = Reassessment(entry.source, RunState.FAILED)
            done.append(judged)
            _say(judged)
        index(catalog, settings)
        batch = proposals.batch_of(assessor.digest)
        with catalog.reading() as session:
            waiting = len(proposals.undecided(session, batch))
    if waiting:
        see = f'"landmark levels proposals {batch} --as NAME"'
        print(f"The rules of today would lower {waiting} levels. A steward decides: {see}", file=sys.stderr)
    if json:
        sys.stdout.buffer.write(list_json(as_json(judged) for judged in done) + b"\n")
    codes = {EXIT_CODES[judged.state] for judged in done}
    if len(done) < len(entries):
        print('Stopped. Begin anew with "landmark reassess".', file=sys.stderr)
        codes.add(EXIT_CODES[RunState.CANCELLED])
    if faults:
        print(*faults, sep="\n", file=sys.stderr)
        codes.add(EXIT_CODES[RunState.FAILED])
    raise typer.Exit(next((code for code in WORST if code in codes), 0))


def as_json(judged: Reassessment) -> dict[str, Any]:
    """A report as JSON: source, state, counts that add up, in how many records each field changed, issues by code."""
    return {
        "source": judged.source.key,
        "state": judged.state.value,
        **{name: getattr(judged.counts, name) for name in Counts.__slots__},
        "without_payload": judged.without,
        "fields": dict(sorted(judged.fields.items())),
        "issues": dict(sorted(Counter(issue.code for issue in judged.issues).items())),
    }


def _say(judged: Reassessment) -> None:
    counts = judged.counts
    print(
        f"{judged.source.key}: {judged.state.value}. {counts.seen} judged again: {counts.updated} changed, "
        f"{counts.unchanged} unchanged, {counts.failed} failed, {counts.skipped} skipped.",
        file=sys.stderr,
    )
    if judged.without:
        print(f"  Of {judged.without} no payload is kept; the next harvest judges them.", file=sys.stderr)
    for name, count in sorted(judged.fields.items()):
        print(f"  {name.replace('_', ' ')} changed in {count}", file=sys.stderr)
    for code in sorted({issue.code for issue in judged.issues}):
        found = [issue for issue in judged.issues if issue.code == code]
        named = ", ".join(issue.remote_id for issue in found[:ISSUES_SHOWN])
        print(f"  {found[0].severity} {code}, {len(found)} times: {found[0].message} In {named}.", file=sys.stderr)
