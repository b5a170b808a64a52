"""What is changed, by everybody in turn: no answer, and nothing that follows, tells anybody another's words."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from catalog import batches
from catalog.database import Catalog
from catalog.runs import begin, finish
from catalog.search import follow
from catalog.viewer import breaking_glass
from catalog.vocabulary import RunState
from tests.canaries.planted import (
    COUNTRIES,
    KINDS,
    OTHER,
    OWNERS,
    RULES,
    SOURCE,
    THE_COUNTRY,
    Planted,
    Viewer,
    canary,
    planted,
    record,
    words,
)
from tests.canaries.test_walk import routes

READING = {"GET", "HEAD"}
WHO = ("community", "second owner", "signed in", "public", "steward of a country", "steward of a source", "steward")
"""In this order they act, for what the first make severe takes two to lower."""
SOME = tuple(at for at in range(len(KINDS)) if at % 5 == 3 or at in {0, len(KINDS) - 3})
"""Of every visibility records of each owner, source and country; all of them would take minutes."""
DAY = (datetime.now(UTC).date() + timedelta(days=2)).isoformat()
Asked = Iterator[tuple[str, dict[str, Any] | bytes]]


class Acting:
    """One viewer who tries to do everything.

    Attributes:
        why: The word in the reason of what is done about a record.
    """

    def __init__(self, made: Planted, client: TestClient, viewer: Viewer, more: Mapping[str, Any]) -> None:
        self.made, self.client, self.viewer, self.more = made, client, viewer, more

    def why(self, number: int) -> str:
        return f"Sample {why(number, self.viewer.name)}."

    def newest(self, number: int) -> int:
        found = self.client.get(f"/api/v1/datasets/{self.made.id(number)}/level", headers=self.viewer.headers)
        return int(found.json().get("newest", 0))

    def level(self) -> Asked:
        for number in SOME:
            path = f"/api/v1/datasets/{self.made.id(number)}/level"
            reason = {"reason": self.why(number)}
            yield path, {"act": "raise", "level": "severe"} | reason
            for act in ("lower", "accept", "decline", "confirm"):
                expected = {} if act == "decline" else {"expected": self.newest(number)}
                yield path, {"act": act} | reason | expected | ({"level": "high"} if act == "lower" else {})

    def accepted(self) -> Asked:
        for number in SOME:
            yield "/api/v1/proposals/{batch}/accept", {"dataset": self.made.id(number), "reason": "Sample."}
        yield "/api/v1/proposals/{batch}/accept", {"reason": "Sample."}

    def rejected(self) -> Asked:
        yield "/api/v1/proposals/{batch}/reject", {"dataset": self.made.id(SOME[0]), "reason": "Sample."}
        yield "/api/v1/proposals/{batch}/reject", {"reason": "Sample."}

    def visibility(self) -> Asked:
        for number in SOME:
            for to in ("restricted", KINDS[number][0].value):
                yield f"/api/v1/datasets/{self.made.id(number)}/visibility", {"to": to, "reason": self.why(number)}

    def same(self) -> Asked:
        for number, other in pairwise(SOME):
            for act in ("refuse", "confirm", "reopen"):
                said = {"act": act, "other": self.made.id(other), "reason": self.why(number)}
                yield f"/api/v1/datasets/{self.made.id(number)}/same", said

    def correct(self) -> Asked:
        for number in SOME:
            value = f"Sample {canary(number, f'corrected by {self.viewer.name}')}."
            path = f"/api/v1/datasets/{self.made.id(number)}/curation/caveats"
            yield path, {"value": value, "reason": self.why(number)}

    def verify(self) -> Asked:
        for number in SOME:
            yield f"/api/v1/datasets/{self.made.id(number)}/curation/verify", {}

    def take_back(self) -> Asked:
        for number in SOME[::2]:
            yield f"/api/v1/datasets/{self.made.id(number)}/curation/caveats", {"reason": self.why(number)}

    def held(self, act: str) -> Asked:
        for run in self.more["held"][act]:
            yield f"/api/v1/runs/{run}/{act}", {"reason": "Sample."}

    def source(self, act: str) -> Asked:
        known = {"approve": (self._proposed(),)}.get(act, (SOURCE.key, OTHER.key))
        for key in known:
            yield f"/api/v1/sources/{key}/{act}", {"visibility": "owner"} if act == "approve" else _with_reason(act)

    def propose(self) -> Asked:
        more = {"kind": "ckan", "title": "Sample: another", "url": "https://another.example"}
        yield "/api/v1/sources", {"key": self._proposed()} | more

    def _proposed(self) -> str:
        return "sample-" + self.viewer.name.replace(" ", "-")

    def give_key(self) -> Asked:
        who = {"name": f"Given by {self.viewer.name}", "purpose": "Sample purpose.", "expires": DAY}
        for audience, scope in (("community", {}), ("organisation", {}), ("steward", {"sources": [OTHER.key]})):
            for owner in OWNERS:
                yield "/api/v1/keys", who | {"audience": audience, "organisation": owner.name} | scope

    def key(self, act: str) -> Asked:
        # The viewers' own are needed yet; who tries them of the others is refused.
        of_others = [one for one in self.more["spare"] if one]
        for key in of_others:
            yield f"/api/v1/keys/{key}/{act}", {"overlap": 0} if act == "rotate" else {"reason": "Sample."}

    def grant(self, act: str = "") -> Asked:
        for number in SOME:
            asked = {"dataset": self.made.id(number), "organisation": OWNERS[number % 2].name}
            yield f"/api/v1/grants{act}", asked | {"reason": "Sample."} | ({} if act else {"until": DAY})

    def glass(self) -> Asked:
        for number in SOME:
            yield f"/api/v1/datasets/{self.made.id(number)}/break-glass", {"reason": self.why(number)}

    def erase(self) -> Asked:
        yield "/api/v1/privacy/erase", {"name": "Sample Spare"}

    def sheet(self, act: str) -> Asked:
        for number in SOME[:2]:
            rows = f"Sample {canary(number, self.viewer.name)},{OWNERS[1].name},YEM,held,high,\n"
            body = f"Title,Holder,Country,State,Level,Who may know of it\n{rows}".encode()
            path = "/api/v1/register/preview"
            if act == "accept":
                found = self.client.post(path, headers=self.viewer.headers, content=body).json()
                path = f"/api/v1/register/accept?preview={found.get('preview', '')}"
            yield path, body

    def ask(self) -> Asked:
        asked = {"purpose": "Sample.", "for_whom": "Sample.", "until": DAY}
        for number in SOME:
            yield "/api/v1/requests", {"dataset": self.made.id(number)} | asked

    def answer(self) -> Asked:
        for request in self.made.requests:
            yield f"/api/v1/requests/{request}/state", {"state": "acknowledged"}
            yield f"/api/v1/requests/{request}/state", {"state": "refused", "why": "Sample.", "category": "harm"}
            yield f"/api/v1/requests/{request}/state", {"state": "partly", "why": "Sample."}

    def overrule(self) -> Asked:
        path = "/api/v1/coverage/YEM/displaced-people/overrule"
        said = {"reason": "Sample: the programme knows."}
        yield path, {"act": "overrule", "state": "met", "expires": DAY} | said
        yield path, {"act": "withdraw"} | said

    def assign(self) -> Asked:
        said = {"what": "Sample: ask whoever holds it.", "owner": "Information manager", "due": DAY}
        yield "/api/v1/coverage/YEM/displaced-people/actions", said

    def close(self) -> Asked:
        for number in range(1, 4):
            yield f"/api/v1/actions/{number}", {"state": "done", "reason": "Sample: it was given."}

    def log(self) -> Asked:
        for number in SOME[:2]:
            words = f"Sample {canary(number, f'looked for by {self.viewer.name}')}"
            yield "/api/v1/needs/logged", {"words": words, "country": COUNTRIES[number % 2]}

    def close_logged(self) -> Asked:
        for number in range(1, 4):
            yield f"/api/v1/needs/logged/{number}", {"act": "close", "reason": "Sample: it is listed now."}

    def form(self) -> Asked:
        """Pages with a token of their own: who signs in does so before, who signs out is signed out."""
        yield "/sign-in", {}
        yield "/request/new", {}
        yield f"/request/{self.made.requests[0]}", {}
        yield "/register/preview", {}
        yield "/register/accept", {}
        yield "/coverage/YEM?need=displaced-people", {}
        yield "/needs/logged", {}
        yield "/sign-out", {}


def _with_reason(act: str) -> dict[str, str]:
    return {"reason": "Sample."} if act == "pause" else {}


ACTS: Mapping[tuple[str, str], Callable[[Acting], Asked]] = {
    ("POST", "/api/v1/proposals/{batch}/accept"): Acting.accepted,
    ("POST", "/api/v1/proposals/{batch}/reject"): Acting.rejected,
    ("POST", "/api/v1/datasets/{key}/level"): Acting.level,
    ("POST", "/api/v1/datasets/{key}/visibility"): Acting.visibility,
    ("POST", "/api/v1/datasets/{key}/same"): Acting.same,
    ("PUT", "/api/v1/datasets/{key}/curation/{field:path}"): Acting.correct,
    ("POST", "/api/v1/datasets/{key}/curation/verify"): Acting.verify,
    ("DELETE", "/api/v1/datasets/{key}/curation/{field:path}"): Acting.take_back,
    ("POST", "/api/v1/runs/{run_id}/release"): lambda acting: acting.held("release"),
    ("POST", "/api/v1/runs/{run_id}/reject"): lambda acting: acting.held("reject"),
    ("POST", "/api/v1/sources"): Acting.propose,
    ("POST", "/api/v1/sources/{key}/approve"): lambda acting: acting.source("approve"),
    ("POST", "/api/v1/sources/{key}/pause"): lambda acting: acting.source("pause"),
    ("POST", "/api/v1/sources/{key}/resume"): lambda acting: acting.source("resume"),
    ("POST", "/api/v1/keys"): Acting.give_key,
    ("POST", "/api/v1/keys/{key_id}/rotate"): lambda acting: acting.key("rotate"),
    ("POST", "/api/v1/keys/{key_id}/revoke"): lambda acting: acting.key("revoke"),
    ("POST", "/api/v1/grants"): Acting.grant,
    ("POST", "/api/v1/grants/revoke"): lambda acting: acting.grant("/revoke"),
    ("POST", "/api/v1/datasets/{key}/break-glass"): Acting.glass,
    ("POST", "/api/v1/privacy/erase"): Acting.erase,
    ("POST", "/api/v1/register/preview"): lambda acting: acting.sheet("preview"),
    ("POST", "/api/v1/register/accept"): lambda acting: acting.sheet("accept"),
    ("POST", "/register/preview"): Acting.form,
    ("POST", "/register/accept"): Acting.form,
    ("POST", "/api/v1/requests"): Acting.ask,
    ("POST", "/api/v1/requests/{request_id}/state"): Acting.answer,
    ("POST", "/api/v1/coverage/{iso3}/{need}/overrule"): Acting.overrule,
    ("POST", "/api/v1/coverage/{iso3}/{need}/actions"): Acting.assign,
    ("POST", "/api/v1/actions/{number}"): Acting.close,
    ("POST", "/api/v1/needs/logged"): Acting.log,
    ("POST", "/api/v1/needs/logged/{number}"): Acting.close_logged,
    ("POST", "/needs/logged"): Acting.form,
    ("POST", "/coverage/{iso3}"): Acting.form,
    ("POST", "/request/new"): Acting.form,
    ("POST", "/request/{request_id}"): Acting.form,
    ("POST", "/sign-in"): Acting.form,
    ("POST", "/sign-out"): Acting.form,
    ("POST", "/dataset/{key}/edit"): Acting.form,
}
"""How each address that changes something is asked so that whoever may do it succeeds, in the order of asking."""
FORMS = {path for _, path in ACTS if not path.startswith("/api/")}
"""They are asked with success in signing in, before anything else; here they are refused."""


def changing(app: FastAPI) -> set[tuple[str, str]]:
    """Method and template of every operation that changes something."""
    return {(method, route.path) for route in routes(app.routes) for method in route.methods - READING}


def why(number: int, who: str) -> str:
    """The word in the reason that somebody gives for what they do about a record."""
    return canary(number, f"why {who}")


@pytest.fixture
def place(tmp_path: Path) -> Iterator[tuple[Planted, Catalog, TestClient, dict[str, Any]]]:
    """With runs that are held, keys to spare, and rules that propose to lower every other of some records."""
    with planted(tmp_path) as (made, catalog, client):
        milder = [rule.model_copy(update={"version": 2, "level": "low_no"}) for rule in RULES]
        made.write(catalog, SOME[1::2], [record(at, *KINDS[at]) for at in SOME[1::2]], milder)
        held: dict[str, list[str]] = {"release": [], "reject": []}
        for portal, act in ((SOURCE, "reject"), (OTHER, "release")):
            run = begin(catalog, portal, "full")
            with catalog.writing() as session:
                finish(session, run, RunState.HELD, [], "All records are gone.")
            held[act].append(str(run.id))
        with catalog.reading() as session:
            waiting = {one["batch"] for one in batches.proposed(session, breaking_glass("A. Sample"))}
        assert waiting, "there is something to decide on"
        follow(catalog, made.settings.index_dir)
        spare = [made.spare_key(catalog, number) for number in range(2 * len(WHO))]
        yield made, catalog, client, {"held": held, "batches": sorted(waiting), "spare": spare}


def test_no_act_tells_anybody_what_is_not_theirs(
    place: tuple[Planted, Catalog, TestClient, dict[str, Any]],
) -> None:
    made, catalog, client, more = place
    succeeded: dict[tuple[str, str], set[str]] = {}
    known = changing(client.app)
    assert known <= ACTS.keys(), "teach it the new address, and how it is asked so that it succeeds"
    for name in WHO:
        acting = Acting(made, client, made.viewer(name), more)
        for run in (run for act in more["held"].values() for run in act):
            waiting = client.get(f"/api/v1/runs/{run}/waiting", headers=acting.viewer.headers)
            assert words(waiting.content) <= shown(made, catalog, acting.viewer), (name, waiting.text)
        for operation in [one for one in ACTS if one in known]:
            allowed = shown(made, catalog, acting.viewer)
            for path, body in ACTS[operation](acting):
                for way in [path.replace("{batch}", one) for one in more["batches"]] if "{" in path else [path]:
                    sent = {"content": body} if isinstance(body, bytes) else {"json": body}
                    answer = client.request(operation[0], way, headers=acting.viewer.headers, **sent)
                    assert answer.status_code < 500, (name, way, answer.text)
                    if answer.is_success:
                        succeeded.setdefault(operation, set()).add(name)
                    found = words(str(answer.headers)) | words(answer.content)
                    new = found - allowed - words(way + str(body))
                    # What an act opens to whoever does it, its answer may tell.
                    if new:
                        theirs = shown(made, catalog, acting.viewer) | opened(made, catalog, acting.viewer, way)
                        theirs |= looked_for(acting.viewer)
                        assert new <= theirs, (name, way, body)
    missed = known - succeeded.keys() - {("POST", path) for path in FORMS}
    assert missed == set(), "each is done by somebody, or this walk meets only refusals"
    assert {who for done in succeeded.values() for who in done} == set(WHO) - {"signed in", "public"}
    afterwards(made, catalog, client)


def shown(made: Planted, catalog: Catalog, viewer: Viewer) -> frozenset[str]:
    """All that a viewer may meet by now."""
    stored = made.renderings(catalog)
    told = frozenset().union(*made.allowed(viewer, stored).values()) | made.told(viewer, stored)
    mine = [at for at in made.numbers if viewer.stewards(stored[at, "full"]["visibility"], at)]
    return told | {canary(at, field) for at in mine for field in ("remote", "issue")}


def opened(made: Planted, catalog: Catalog, viewer: Viewer, way: str) -> frozenset[str]:
    """What the breaking of a glass shows to a steward who was appointed for the record, and to nobody else."""
    number = next((at for at in SOME if way.endswith(f"{made.id(at)}/break-glass")), None)
    if number is None or not viewer.appointed(number):
        return frozenset()
    return words(str(made.renderings(catalog)[number, "full"]))


def looked_for(viewer: Viewer) -> frozenset[str]:
    """What somebody looked for in vain, and logged, is told to stewards of everything and of its country."""
    told = {"steward": COUNTRIES, "steward of a country": (THE_COUNTRY,)}.get(viewer.name, ())
    return frozenset(canary(at, f"looked for by {who}") for at in SOME[:2] for who in WHO if COUNTRIES[at % 2] in told)


def afterwards(made: Planted, catalog: Catalog, client: TestClient) -> None:
    """Why somebody acted is told to the record's stewards, and to who is shown it in full; to nobody else."""
    stored = made.renderings(catalog)
    reasons = {why(at, who): at for at in SOME for who in WHO}
    for viewer in made.viewers:
        met: set[str] = set()
        for path in ("/api/v1/notices?limit=1000", "/api/v1/changes?limit=1000", "/api/v1/runs", "/", "/runs"):
            met |= words(client.get(path, headers=viewer.headers).content)
        for number in SOME:
            for path in ("/api/v1/datasets/{}", "/api/v1/datasets/{}/level", "/dataset/{}"):
                met |= words(client.get(path.format(made.id(number)), headers=viewer.headers).content)
        whole = viewer.name == "steward"
        # Whoever is shown a record in full is shown why its level is and was what it is.
        mine = {at for at in SOME if whole or viewer.rendering(stored[at, "full"]["visibility"], at) == "full"}
        theirs = shown(made, catalog, viewer)
        assert {reasons[word] for word in met & reasons.keys()} - mine == set(), viewer.name
        if viewer.name in {"steward", "steward of a country", "steward of a source"}:
            appointed = {at for at in SOME if viewer.stewards(stored[at, "full"]["visibility"], at)}
            assert {reasons[word] for word in met & reasons.keys()} >= appointed, viewer.name
        # What a correction was before it was corrected again is told to whom the record is shown in full.
        were = ("corrected", *(f"corrected by {who}" for who in WHO))
        before = {canary(at, field) for at in mine for field in were}
        if viewer.name == "second owner":
            # Theirs are the rows that stewards brought in a sheet: their organisation holds them.
            before |= {canary(at, who) for at in SOME[:2] for who in WHO}
        if viewer.name != "steward":
            assert met - reasons.keys() - theirs - before == set(), viewer.name
