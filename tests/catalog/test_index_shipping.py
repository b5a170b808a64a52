"""Several nodes and several processes on one index: the same answers in the same order, at every moment."""

import dataclasses
import os
import shutil
import subprocess
import sys
from itertools import chain
from pathlib import Path

import orjson
import pytest

from catalog.answer import page_json
from catalog.query import DatasetQuery
from catalog.search import IndexUnusableError, Reader, check, follow, rebuild
from catalog.search.shipping import Shipping, carry, read_shipping, write_shipping
from catalog.vocabulary import Audience
from tests.catalog.samples import document
from tests.catalog.test_search import TODAY, Catalog, generation_of

SURVEYS = [
    document(
        seq,
        title=f"{word} survey {seq % 7}",
        notes="Cleared land, schools and roads. " * (seq % 5),
        keywords=["mines"] if seq % 3 else ["schools"],
        countries=["SSD"] if seq % 2 else ["UKR"],
        modified="2026-01-01T00:00:00Z",
    )
    for seq, word in enumerate(["Clearance", "School", "Road", "Displacement"] * 30, 1)
]
QUESTIONS = (
    DatasetQuery(),
    DatasetQuery(q="survey", facets=("country", "access")),
    DatasetQuery(q="clearance schools roads"),
    DatasetQuery(q="school survey", limit=50),
    DatasetQuery(q="roads", selected={"country": ("UKR",)}, facets=("country",)),
    DatasetQuery(q="mines", sort="title"),
)


@pytest.fixture
def catalog(tmp_path):
    made = Catalog(tmp_path / "landmark.db")
    made.put(*SURVEYS)
    yield made
    made.engine.dispose()


def answers(index_dir, audience=Audience.PUBLIC):
    return asked(Reader(index_dir, audience))


def asked(reader):
    pages = [reader.search(question, TODAY) for question in QUESTIONS]
    return [(page.generation, page_json(page)) for page in pages]


def lived(catalog, index_dir):
    """An index that has followed twenty changes; deleted documents lie in its statistics."""
    follow(catalog, index_dir)
    for turn in range(20):
        changed = [{**made, "notes": f"Round {turn}. {made['notes']}"} for made in SURVEYS[turn::9]]
        catalog.put(*changed, etag=f"turn {turn}")
        follow(catalog, index_dir)


def test_nodes_that_take_one_writers_index_give_the_same_answers_in_the_same_order(catalog, tmp_path):
    writer, shelf, first, second = (tmp_path / name for name in ("writer", "shelf", "first", "second"))
    lived(catalog, writer)
    write_shipping(writer, Shipping(to=str(shelf)))
    for node in (first, second):
        follow(catalog, node)
        write_shipping(node, Shipping(taken_from=str(shelf)))
    own = answers(first)
    assert follow(catalog, writer).missed == ()
    for node in (first, second):
        followed = follow(catalog, node)
        assert (followed.missed, followed.rebuilt, followed.documents[Audience.PUBLIC]) == ((), {}, 120)
        assert followed.position == catalog.changes
    for audience in Audience:
        assert answers(first, audience) == answers(writer, audience) == answers(second, audience)
    assert answers(first) != own
    catalog.put({**SURVEYS[0], "title": "Clearance survey, newly named"}, etag="new")
    assert follow(catalog, first).changed == dict.fromkeys(Audience, 0), "nothing is written here"
    assert follow(catalog, writer).changed == dict.fromkeys(Audience, 1)
    reader = Reader(first, Audience.PUBLIC)
    assert reader.search(DatasetQuery(q="newly"), TODAY).total == 0
    assert follow(catalog, first).changed[Audience.PUBLIC] == 120
    assert reader.reload_if_changed()
    assert reader.search(DatasetQuery(q="newly"), TODAY).total == 1
    assert answers(first) == answers(writer)
    assert check(catalog, first) == []


def test_only_files_that_are_not_there_yet_are_copied(catalog, tmp_path):
    writer, shelf = tmp_path / "writer", tmp_path / "shelf"
    follow(catalog, writer)
    assert carry(writer, shelf, Audience.PUBLIC)
    assert not carry(writer, shelf, Audience.PUBLIC)
    before = {path.name: path.stat().st_ino for path in generation_of(shelf).glob("*.store")}
    catalog.put({**SURVEYS[0], "title": "Newly named"}, etag="new")
    follow(catalog, writer)
    assert carry(writer, shelf, Audience.PUBLIC)
    after = {path.name: path.stat().st_ino for path in generation_of(shelf).glob("*.store")}
    assert before.items() < after.items(), "the first segment is the same file, and there is a new one"


def test_a_copy_that_was_cut_off_is_gone_on_with(catalog, tmp_path):
    writer, shelf = tmp_path / "writer", tmp_path / "shelf"
    follow(catalog, writer)
    begun = shelf / "public" / "begun"
    begun.mkdir(parents=True)
    whole, other = (next(generation_of(writer).glob(f"*.{kind}")) for kind in ("store", "term"))
    shutil.copyfile(whole, begun / whole.name)
    (begun / f"{other.name}.part").write_bytes(other.read_bytes()[:10])
    (begun / "of-another-generation.store").write_bytes(b"x")
    inode = (begun / whole.name).stat().st_ino
    assert carry(writer, shelf, Audience.PUBLIC)
    assert (generation_of(shelf) / whole.name).stat().st_ino == inode
    assert answers(shelf) == answers(writer)
    assert sorted(path.name for path in (shelf / "public").iterdir()) == [generation_of(writer).name, "manifest.json"]


def test_what_was_altered_on_the_way_is_not_taken(catalog, tmp_path):
    writer, node = tmp_path / "writer", tmp_path / "node"
    follow(catalog, writer)
    follow(catalog, node)
    before = answers(node)
    victim = next(generation_of(writer).glob("*.store"))
    body = bytearray(victim.read_bytes())
    body[0] ^= 0xFF
    victim.write_bytes(body)
    with pytest.raises(IndexUnusableError, match="not as they were written"):
        carry(writer, node, Audience.PUBLIC)
    write_shipping(node, Shipping(taken_from=str(writer)))
    followed = follow(catalog, node)
    assert followed.missed[0] == (
        f"The public index in {writer} has files that are not as they were written; ship it again."
    )
    assert answers(node) == before


def test_a_node_without_its_writer_keeps_what_it_has_and_builds_what_it_lacks(catalog, tmp_path):
    shelf, node = tmp_path / "shelf", tmp_path / "node"
    write_shipping(node, Shipping(taken_from=str(shelf)))
    followed = follow(catalog, node)
    missed = tuple(
        f"{shelf} holds no {audience} index; ship one there from the node that writes." for audience in Audience
    )
    assert (followed.missed, followed.rebuilt) == (missed, dict.fromkeys(Audience, "has not been built"))
    assert Reader(node, Audience.PUBLIC).search(DatasetQuery(), TODAY).total == 120
    catalog.put({**SURVEYS[0], "title": "Newly named"}, etag="new")
    assert follow(catalog, node).changed == dict.fromkeys(Audience, 0)
    follow(catalog, shelf)
    followed = follow(catalog, node)
    assert (followed.missed, followed.position) == ((), 121)
    assert answers(node) == answers(shelf)


def test_a_node_damaged_takes_its_index_anew(catalog, tmp_path):
    shelf, node = tmp_path / "shelf", tmp_path / "node"
    follow(catalog, shelf)
    write_shipping(node, Shipping(taken_from=str(shelf)))
    follow(catalog, node)
    next(generation_of(node).glob("*.store")).write_bytes(b"x")
    assert follow(catalog, node).rebuilt == {}
    assert answers(node) == answers(shelf)
    victim = next(generation_of(node).glob("*.pos"))
    body = bytearray(victim.read_bytes())
    body[0] ^= 0xFF
    victim.unlink()
    victim.write_bytes(body)
    assert check(catalog, node) == [f"public: file {victim.name} is not as it was written"]
    assert rebuild(catalog, node).rebuilt == {}
    assert check(catalog, node) == []
    assert generation_of(node).name == generation_of(shelf).name


def test_only_the_publics_index_is_shipped_where_that_was_said(catalog, tmp_path):
    writer, shelf, node = tmp_path / "writer", tmp_path / "shelf", tmp_path / "node"
    write_shipping(writer, Shipping(to=str(shelf)))
    follow(catalog, writer)
    assert sorted(path.name for path in shelf.iterdir()) == ["community", "full", "public"]
    write_shipping(writer, Shipping(to=str(shelf), public_only=True))
    follow(catalog, writer)
    assert [path.name for path in shelf.iterdir()] == ["public"]
    write_shipping(node, Shipping(taken_from=str(shelf)))
    followed = follow(catalog, node)
    assert followed.rebuilt == dict.fromkeys((Audience.COMMUNITY, Audience.FULL), "has not been built")
    assert generation_of(node).name == generation_of(writer).name


def test_what_cannot_be_shipped_is_told_and_the_own_index_goes_on(catalog, tmp_path):
    writer, shelf = tmp_path / "writer", tmp_path / "shelf"
    shelf.write_text("a file where a folder should be", encoding="utf-8")
    write_shipping(writer, Shipping(to=str(shelf)))
    followed = follow(catalog, writer)
    assert [sentence.split(":")[0] for sentence in followed.missed] == [
        f"The {audience} index cannot be shipped to {shelf}" for audience in Audience
    ]
    assert Reader(writer, Audience.PUBLIC).search(DatasetQuery(), TODAY).total == 120


def test_an_unreadable_shipping_file_names_itself(tmp_path):
    (tmp_path / "shipping.json").write_text('{"too": 1}', encoding="utf-8")
    with pytest.raises(ValueError, match=r"shipping\.json: cannot be read .* delete it"):
        read_shipping(tmp_path)


ASKING = """
import sys, time
from datetime import date
from pathlib import Path
from catalog.query import DatasetQuery
from catalog.search import Reader
from catalog.vocabulary import Audience

reader = Reader(Path(sys.argv[1]), Audience.PUBLIC)
stop = Path(sys.argv[2])
question = DatasetQuery(q="survey", limit=100, facets=("country",))
print("ready", flush=True)
ending, told = False, []
while not ending:
    ending = stop.exists()
    began = time.monotonic_ns()
    reader.reload_if_changed()
    page = reader.search(question, date(2026, 11, 20))
    body = hash((page.total, page.items, repr(page.facets)))
    told.append(f"{began} {time.monotonic_ns()} {page.generation} {body}")
print(*told, sep="\\n")
"""


def test_processes_on_one_folder_agree_at_every_moment(catalog, tmp_path):
    index_dir, stop = tmp_path / "index", tmp_path / "stop"
    follow(catalog, index_dir)
    asking = [
        subprocess.Popen([sys.executable, "-c", ASKING, str(index_dir), str(stop)], stdout=subprocess.PIPE, text=True,
                         env={**os.environ, "PYTHONHASHSEED": "1"})
        for _ in range(3)
    ]  # fmt: skip
    try:
        assert [process.stdout.readline() for process in asking] == ["ready\n"] * 3
        for turn in range(40):
            catalog.put({**SURVEYS[turn], "title": f"Road survey, turn {turn}"}, etag=f"turn {turn}")
            follow(catalog, index_dir)
        stop.touch()
        told = [[line.split() for line in process.communicate()[0].splitlines()] for process in asking]
    finally:
        for process in asking:
            process.kill()
            process.wait()
    bodies = {}
    for _, _, generation, body in chain(*told):
        bodies.setdefault(generation, set()).add(body)
    assert {generation for generation, found in bodies.items() if len(found) > 1} == set()
    times = sorted((int(began), int(ended), serial_of(generation)) for began, ended, generation, _ in chain(*told))
    ended = sorted((end, serial) for _, end, serial in times)
    newest, place = 0, 0
    for began, _, serial in times:
        while ended[place][0] < began:
            newest, place = max(newest, ended[place][1]), place + 1
        assert serial >= newest, "somebody was answered from a newer one before"
    assert {serial_of(lines[-1][2]) for lines in told} == {41}
    assert all(len({generation for _, _, generation, _ in lines}) > 3 for lines in told), "asked while it was written"


def serial_of(generation: str) -> int:
    return int(generation.rpartition("-")[2])


LIMITED = """
import resource, sys
from pathlib import Path
from catalog.search import follow
from catalog.search.generation import IndexUnwritableError
from tests.catalog.test_search import Catalog

resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]), resource.RLIM_INFINITY))
try:
    follow(Catalog(Path(sys.argv[1])), Path(sys.argv[2]))
except IndexUnwritableError as error:
    print(error)
"""


def bytes_below(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("room", [0, 300, 3_000, 20_000])
def test_a_full_disk_leaves_the_old_index_intact(catalog, tmp_path, room):
    index_dir = tmp_path / "index"
    follow(catalog, index_dir)
    before, intact = answers(index_dir), bytes_below(index_dir)
    reader = Reader(index_dir, Audience.PUBLIC)
    catalog.put(*({**made, "notes": os.urandom(2_000).hex()} for made in SURVEYS), etag="larger than there is room for")
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, str(tmp_path / "landmark.db"), str(index_dir), str(room)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.stderr, done.returncode) == ("", 0)
    assert done.stdout.startswith(f"there is no room for the public search index in {index_dir} (")
    assert "the last one goes on answering; mend: free some of the disk" in done.stdout
    assert {name: body for name, body in bytes_below(index_dir).items() if ".new" not in name} == intact
    reader.reload_if_changed()
    assert asked(reader) == before == answers(index_dir)
    assert follow(catalog, index_dir).rebuilt == {}
    assert check(catalog, index_dir) == []


def test_pages_go_on_over_generations_without_losing_or_repeating(catalog, tmp_path):
    """Each page is of a newer generation than the one before."""
    index_dir = tmp_path / "index"
    follow(catalog, index_dir)
    reader = Reader(index_dir, Audience.PUBLIC)
    question = DatasetQuery(q="survey", sort="modified", limit=7)
    seen = []
    for turn in range(100):
        page = reader.search(question, TODAY)
        seen += [orjson.loads(item)["id"] for item in page.items]
        if not page.next:
            break
        question = dataclasses.replace(question, after=page.next)
        catalog.put({**SURVEYS[turn], "notes": f"Turn {turn}."}, etag=f"turn {turn}")
        follow(catalog, index_dir)
        assert reader.reload_if_changed()
    assert seen == list(dict.fromkeys(seen))
    assert set(seen) == {made["id"] for made in SURVEYS}


def test_a_take_that_was_cut_off_amid_its_links_is_gone_on_with(catalog, tmp_path):
    writer, node = tmp_path / "writer", tmp_path / "node"
    follow(catalog, writer)
    carry(writer, node, Audience.PUBLIC)
    catalog.put({**SURVEYS[0], "title": "Newly named"}, etag="new")
    follow(catalog, writer)
    here, begun = generation_of(node), node / "public" / "begun"
    begun.mkdir()
    for path in here.glob("*.store"):
        (begun / path.name).hardlink_to(path)
    assert list(begun.iterdir())
    assert carry(writer, node, Audience.PUBLIC)
    assert answers(node) == answers(writer)


def test_who_takes_the_publics_index_alone_gets_no_other(catalog, tmp_path):
    shelf, node = tmp_path / "shelf", tmp_path / "node"
    follow(catalog, tmp_path / "writer")
    carry(tmp_path / "writer", shelf, Audience.PUBLIC)
    write_shipping(node, Shipping(taken_from=str(shelf)))
    assert read_shipping(node).kept(node) == (Audience.PUBLIC,)
    assert rebuild(catalog, node).documents == {Audience.PUBLIC: 120}
    assert check(catalog, node) == []
    assert sorted(path.name for path in node.iterdir() if path.is_dir()) == ["public"]


def test_two_nodes_never_give_one_name_to_different_generations(catalog, tmp_path):
    writer, node = tmp_path / "writer", tmp_path / "node"
    follow(catalog, writer)
    write_shipping(node, Shipping(taken_from=str(writer)))
    follow(catalog, node)
    assert Reader(node, Audience.PUBLIC).generation == Reader(writer, Audience.PUBLIC).generation
    write_shipping(node, Shipping())
    catalog.put({**SURVEYS[0], "title": "Newly named"}, etag="new")
    followed = follow(catalog, node)
    assert followed.rebuilt == dict.fromkeys(Audience, "was taken from another node")
    follow(catalog, writer)
    assert Reader(node, Audience.PUBLIC).generation != Reader(writer, Audience.PUBLIC).generation
    assert follow(catalog, node).rebuilt == {}
