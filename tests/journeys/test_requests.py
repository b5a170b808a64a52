"""A request by the real command: opened for the holder of a key, its message drafted, and noted to its answer."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.journeys.installation import Installation
from tests.journeys.packages import package, packages
from tests.portals_served import ckan

DAY = str(datetime.now(UTC).date() + timedelta(days=30))
STEWARD = ("--as", "A. Sample")
HIDDEN = package(90, title="Sample: Quietcanary list", private=True)


def test_a_request_is_opened_sent_by_hand_and_followed_to_an_answer(tmp_path: Path) -> None:
    home = Installation(tmp_path / "home")
    with ckan.stage() as stage:
        stage.show([*packages(2), HIDDEN])
        home.declare("sample", stage.address)
        home.run("init")
        home.harvest("sample")
    named = ("--name", "Survey desk", "--audience", "community", "--purpose", "Sample survey.", "--expires", DAY)
    made = home.run("keys", "create", *named, "--organisation", "Sample Survey", "--new-organisation", *STEWARD)
    key = made.text.split("_")[1]
    record = home.run("search", "--json").json()["items"][0]
    hidden = home.run("search", "Quietcanary", "--json", *STEWARD, "--break-glass", "A test.").json()["items"][0]

    asked = ("--key", key, "--for", "Two survey teams", "--until", DAY)
    purpose = ("--purpose", "Planning with Dr. Mona Sample.")
    for of in (hidden["id"],):
        gone = home.run("request", "open", of, *asked, *purpose, *STEWARD, code=1)
        assert gone.err == f'There is no dataset "{of}" that the holder of this key is shown.\n'
    assert "Requests name people." in home.run("request", "open", record["id"], *asked, *purpose, code=64).err
    opened = home.run("request", "open", record["id"], *asked, *purpose, "--language", "fr", "--json", *STEWARD)
    assert opened.err == "Taken out of purpose: a person's name.\n"
    request = opened.json()
    assert (request["state"], request["as"], request["purpose"]) == (
        "drafted",
        ["steward"],
        "Planning with [name withheld].",
    )
    assert request["requester"]["name"] == "Survey desk"
    assert request["message"]["subject"] == f"Demande de données : {record['title']}"
    again = home.run("request", "open", record["id"], *asked, *purpose, *STEWARD, code=1)
    assert again.err == f"There is an open request for this record under this key already: {request['id']}.\n"

    id_ = request["id"]
    refused = home.run("request", "note", id_, "granted", *STEWARD, code=1)
    assert refused.err == (
        "The request is drafted, so it cannot be noted as granted by you; you may note: sent, expired.\n"
    )
    assert home.run("request", "note", id_, "sent", *STEWARD).text == "drafted -> sent\n"
    assert home.run("request", "note", id_, "acknowledged", "--reason", "Call +249 912 345 678.", *STEWARD).err == (
        "Taken out of the reason: a telephone number.\n"
    )
    home.run("request", "note", id_, "lost", *STEWARD, code=64)
    uncategorised = home.run("request", "note", id_, "refused", "--reason", "Villages are named.", *STEWARD, code=1)
    assert uncategorised.err.startswith("Say the category of the reason: harm, consent, law")
    why = ("--reason", "Villages are named.", "--category", "harm")
    assert home.run("request", "note", id_, "refused", *why, *STEWARD).text == "acknowledged -> refused\n"

    shown = home.run("request", "show", id_, "--language", "en", *STEWARD).text
    today = datetime.now(UTC).date().isoformat()
    assert shown.splitlines()[:12] == [
        f"Request {id_}",
        f"  dataset     {record['title']} ({record['id']})",
        "  asked by    Survey desk, Sample Survey",
        "  for         Planning with [name withheld].",
        "  used by     Two survey teams",
        f"  until       {DAY}",
        "  agreement   none is offered",
        f"  {today}  drafted by steward, A. Sample",
        f"  {today}  sent by steward, A. Sample",
        f"  {today}  acknowledged by steward, A. Sample: Call [telephone number withheld].",
        f"  {today}  refused by steward, A. Sample: harm Villages are named.",
        "  may be noted: granted, partly",
    ]
    assert f"Subject: Request for data: {record['title']}\n" in shown
    listed = home.run("request", "list", "--state", "refused", "--json", *STEWARD).json()
    assert [(item["id"], item["dataset"]["title"]) for item in listed["items"]] == [(id_, record["title"])]
    assert id_ in home.run("request", "list", *STEWARD).text
    outcomes = home.run("request", "outcomes", "--json", *STEWARD).json()
    assert outcomes["items"][0]["yours"] == {"requests": 1, "states": {"refused": 1}, "median_days": 0.0}
    assert "All countries" in home.run("request", "outcomes", *STEWARD).text
    for unknown in (record["id"],):
        none = home.run("request", "show", unknown, *STEWARD, code=1)
        assert none.err == f'There is no request "{unknown}". List them with "landmark request list --as NAME".\n'
    assert "The audit holds" in home.run("audit", "verify").text
