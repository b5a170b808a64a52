"""One audience's index on disk: a folder per generation and a manifest that names the current one.

``<index_dir>/<audience>/manifest.json`` names ``<index_dir>/<audience>/<folder>/``, a Tantivy index with one extra
document, the marker, written in the same commit as the records. The marker says what the commit holds; the
manifest adds the files with their sizes and hashes. An index whose marker is absent or whose number of documents
differs from it is never searched: Tantivy opens a damaged folder as an empty index without a word.
"""

import hashlib
import os
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

import orjson
import tantivy

from catalog.search.schema import version
from catalog.vocabulary import Audience

_MANAGED = ".managed.json"
"""Where Tantivy notes which files are its own, so that it may delete those it no longer needs."""
_NOT_CONTENT = frozenset({_MANAGED, ".tantivy-meta.lock", ".tantivy-writer.lock"})


class IndexUnusableError(RuntimeError):
    """The index is absent, damaged or of another version; it can always be built anew from the catalog."""

    def __init__(self, audience: Audience, reason: str) -> None:
        super().__init__(f"the {audience} search index {reason}; mend: landmark index rebuild")
        self.audience = audience
        self.reason = reason


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
        """Changes whenever a document does."""
        return f"{self.folder.name}-{self.marker.serial}"


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
        if path.name in known and path.name != "meta.json":
            found[path.name] = known[path.name]
        else:
            with path.open("rb") as file:
                found[path.name] = (path.stat().st_size, hashlib.file_digest(file, "blake2b").hexdigest()[:32])
    return found


def copy(folder: Path, to: Path, files: Mapping[str, tuple[int, str]]) -> None:
    """Begin a generation as a copy of another one that nobody writes to; ``files`` as :func:`measure` gave them."""
    for name in (*files, _MANAGED):
        shutil.copyfile(folder / name, to / name)


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
    for attempt in range(3):
        manifest = read_manifest(index_dir, audience)
        folder = index_dir / audience / manifest.folder
        try:
            return open_folder(folder, audience)
        except IndexUnusableError:
            # A rebuild may have swept the folder away between the two steps.
            if attempt == 2 or read_manifest(index_dir, audience).folder == manifest.folder:  # noqa: PLR2004
                raise
    raise AssertionError("unreachable")


def open_folder(folder: Path, audience: Audience) -> Opened:
    """Open one generation and hold it against its marker."""
    with unusable(audience):
        index = tantivy.Index.open(str(folder))
        index.config_reader("manual")
        index.reload()
        return hold(folder, index, audience)


def hold(folder: Path, index: tantivy.Index, audience: Audience) -> Opened:
    """A view of the index as of its last reload, held against its marker."""
    with unusable(audience):
        searcher = index.searcher()
        found = searcher.search(tantivy.Query.term_query(index.schema, "kind", "marker"), limit=2, count=False).hits
        if len(found) != 1:
            raise IndexUnusableError(audience, f"has {len(found)} markers where there should be one")
        marker = Marker(**orjson.loads(searcher.doc(found[0][1])["marker"][0]))
    if marker.version != version():
        raise IndexUnusableError(audience, "was built by another version of Landmark")
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
