"""One audience's index on disk: a folder per generation and a manifest that names the current one.

``<index_dir>/<audience>/manifest.json`` names ``<index_dir>/<audience>/<folder>/``, a Tantivy index with one extra
document, the marker, written in the same commit as the records. The marker says what the commit holds; the
manifest adds the files with their sizes and hashes. An index whose marker is absent or whose number of documents
differs from it is never searched: Tantivy opens a damaged folder as an empty index without a word.

A folder is never written to again once a manifest has named it: each commit is made in a folder of its own, which
begins with hard links to the files of the one before. So all processes answer from what the manifest names and from
nothing newer, and a writer that is killed or has no room left has touched nothing that is read.
"""

import errno
import hashlib
import os
import re
import shutil
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from uuid import uuid4

import orjson
import tantivy

from catalog.search.schema import version
from catalog.vocabulary import Audience

MANAGED = ".managed.json"
"""Where Tantivy notes which files are its own, so that it may delete those it no longer needs."""
_META = "meta.json"
REPLACED = frozenset({_META, MANAGED})
"""Files that Tantivy writes again under the same name; those of a segment never change once written."""
_NO_ROOM_NUMBERS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_NO_ROOM = re.compile(r"(?:os error|code:) (\d+)")
_NOT_CONTENT = frozenset({MANAGED, ".tantivy-meta.lock", ".tantivy-writer.lock"})


class IndexUnusableError(RuntimeError):
    """The index is absent, damaged or of another version; it can always be built anew from the catalog."""

    def __init__(self, audience: Audience, reason: str) -> None:
        super().__init__(f"the {audience} search index {reason}; mend: landmark index rebuild")
        self.audience = audience
        self.reason = reason


class IndexUnwritableError(RuntimeError):
    """There is no room for an index; the one that was there before goes on answering."""

    def __init__(self, audience: Audience, folder: Path, reason: str) -> None:
        super().__init__(
            f"there is no room for the {audience} search index in {folder} ({reason}); the last one goes on answering; "
            "mend: free some of the disk, and the next harvest or the running server goes on"
        )
        self.audience = audience


@dataclass(frozen=True, slots=True)
class Marker:
    """What a commit holds.

    Attributes:
        version: Layout of the index.
        year: When it was built: an ongoing reference period reaches up to that year.
        position: Newest change of the feed that is in it.
        serial: Raised by each commit that changed a document.
        count: Number of documents, the marker not counted.
        records: Of how many records they are.
    """

    version: str
    year: int
    position: int
    serial: int
    count: int
    records: int = 0


@dataclass(frozen=True, slots=True)
class Manifest:
    """Which folder is current, what it holds, and its files as written: name to size in bytes and BLAKE2b hash."""

    folder: str
    marker: Marker
    files: Mapping[str, tuple[int, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Opened:
    """An index that holds what its marker says."""

    folder: Path
    index: tantivy.Index
    searcher: tantivy.Searcher
    marker: Marker

    @property
    def name(self) -> str:
        """Changes whenever a document does; the same wherever the generation has been taken to."""
        return f"{_origin(self.folder)}-{self.marker.serial}"


def manifest_path(index_dir: Path, audience: Audience) -> Path:
    """Where an audience's manifest lies."""
    return index_dir / audience / "manifest.json"


def read_manifest(index_dir: Path, audience: Audience) -> Manifest:
    """The manifest; raises IndexUnusableError if it is absent, unreadable or of another version."""
    try:
        said = orjson.loads(manifest_path(index_dir, audience).read_bytes())
        marker = Marker(**said["marker"])
        files = {name: (size, sha) for name, (size, sha) in said["files"].items()}
        manifest = Manifest(str(said["folder"]), marker, files)
    except FileNotFoundError:
        raise IndexUnusableError(audience, "has not been built") from None
    except (ValueError, TypeError, KeyError, AttributeError, OSError) as error:
        raise IndexUnusableError(audience, f"has an unreadable manifest ({error})") from error
    if marker.version != version():
        raise IndexUnusableError(audience, "was built by another version of Landmark")
    return manifest


def write_manifest(index_dir: Path, audience: Audience, manifest: Manifest) -> None:
    """Make a folder current, at once and whole."""
    path = manifest_path(index_dir, audience)
    fresh = path.with_suffix(".new")
    with fresh.open("wb") as out:
        out.write(orjson.dumps(asdict(manifest), option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS))
        out.flush()
        os.fsync(out.fileno())
    for attempt in range(20):
        try:
            os.replace(fresh, path)  # noqa: PTH105
        except PermissionError:  # Windows, while a reader has the old one open
            if attempt == 19:  # noqa: PLR2004
                raise
            time.sleep(0.05)
        else:
            return


def measure(folder: Path, known: Mapping[str, tuple[int, str]]) -> dict[str, tuple[int, str]]:
    """Size and hash of each file; a segment's files never change once written, so known ones are not read again."""
    found = {}
    for path in sorted(folder.iterdir()):
        if path.name in _NOT_CONTENT or path.name.startswith(".tmp"):
            continue
        if path.name in known and path.name != _META:
            found[path.name] = known[path.name]
        else:
            with path.open("rb") as file:
                found[path.name] = (path.stat().st_size, hashlib.file_digest(file, "blake2b").hexdigest()[:32])
    return found


def copy(folder: Path, to: Path, names: Iterable[str]) -> None:
    """Begin a generation as a copy of files of another one."""
    for name in (*names, MANAGED):
        shutil.copyfile(folder / name, to / name)


def link(file: Path, to: Path) -> None:
    """The same file at another place, without its bytes being copied where the disk can do so."""
    try:
        to.hardlink_to(file)
    except OSError:
        shutil.copyfile(file, to)


def first(home: Path) -> Path:
    """A folder for an index that is built anew."""
    folder = home / f"{uuid4().hex[:12]}.0"
    folder.mkdir(parents=True)
    return folder


def successor(folder: Path, files: Mapping[str, tuple[int, str]]) -> Path:
    """A folder for the next commit of an index, with the files of the last one (``files`` as of :func:`measure`)."""
    to = folder.with_name(f"{_origin(folder)}.{int(folder.suffix[1:]) + 1}")
    shutil.rmtree(to, ignore_errors=True)  # a writer was killed
    to.mkdir()
    try:
        for name in files.keys() - REPLACED:
            link(folder / name, to / name)
        copy(folder, to, REPLACED & files.keys())
    except BaseException:
        shutil.rmtree(to, ignore_errors=True)
        raise
    return to


def sweep(index_dir: Path, audience: Audience, kept: str) -> None:
    """Delete every folder but the current one; who has an old one open keeps its files until they let go of it."""
    for other in (index_dir / audience).iterdir():
        if other.is_dir() and other.name != kept:
            shutil.rmtree(other, ignore_errors=True)


def _origin(folder: Path) -> str:
    return folder.name.partition(".")[0]


def altered(folder: Path, manifest: Manifest, *, hashes: bool) -> list[str]:
    """Files that are gone or not as written, by size or, slower, by hash."""
    bad = []
    for name, (size, _) in manifest.files.items():
        try:
            if (folder / name).stat().st_size != size:
                bad.append(name)
        except OSError:
            bad.append(name)
    if hashes and not bad:
        now = measure(folder, {})
        bad = [name for name, written in manifest.files.items() if now.get(name) != written]
    return bad


def open_current(index_dir: Path, audience: Audience) -> Opened:
    """Open the current generation; raises IndexUnusableError rather than give one that lacks anything."""
    manifest = read_manifest(index_dir, audience)
    while True:
        try:
            return open_generation(index_dir, audience, manifest)
        except IndexUnusableError:
            # A commit may have swept the folder away between the two steps.
            last, manifest = manifest, read_manifest(index_dir, audience)
            if manifest.folder == last.folder:
                raise


def open_generation(index_dir: Path, audience: Audience, manifest: Manifest) -> Opened:
    """Open a generation and hold it against its marker."""
    folder = index_dir / audience / manifest.folder
    with unusable(audience):
        index = tantivy.Index.open(str(folder))
        index.config_reader("manual")
        index.reload()
        searcher = index.searcher()
        found = searcher.search(tantivy.Query.term_query(index.schema, "kind", "marker"), limit=2, count=False).hits
        if len(found) != 1:
            raise IndexUnusableError(audience, f"has {len(found)} markers where there should be one")
        marker = Marker(**orjson.loads(searcher.doc(found[0][1])["marker"][0]))
    if marker != manifest.marker:
        raise IndexUnusableError(audience, "is not the one that its manifest tells of")
    if searcher.num_docs - 1 != marker.count:
        raise IndexUnusableError(audience, f"holds {searcher.num_docs - 1} records where {marker.count} were written")
    return Opened(folder, index, searcher, marker)


def mark(writer: tantivy.IndexWriter, marker: Marker) -> None:
    """Replace the marker; it is committed together with the documents."""
    writer.delete_documents_by_term("kind", "marker")
    made = tantivy.Document()
    made.add_text("kind", "marker")
    made.add_text("marker", orjson.dumps(asdict(marker)).decode())
    writer.add_document(made)


@contextmanager
def unusable(audience: Audience) -> Iterator[None]:
    """Turn what Tantivy raises over damaged files into IndexUnusableError; its panics are no ``Exception``."""
    try:
        yield
    except IndexUnusableError:
        raise
    except (ValueError, OSError, KeyError, TypeError) as error:
        raise IndexUnusableError(audience, f"cannot be read ({error})") from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise IndexUnusableError(audience, f"cannot be read ({error})") from error


@contextmanager
def room(audience: Audience, folder: Path) -> Iterator[None]:
    """Turn what is raised where a disk, a quota or the size of a file is at its end into IndexUnwritableError."""
    try:
        yield
    except (OSError, ValueError) as error:
        # Tantivy's errors are text: "... (os error 28)".
        said = _NO_ROOM.search(str(error))
        if getattr(error, "errno", None) in _NO_ROOM_NUMBERS or (said and int(said[1]) in _NO_ROOM_NUMBERS):
            raise IndexUnwritableError(audience, folder, str(error)) from error
        raise
