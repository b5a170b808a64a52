"""Built generations travel: one node writes, others take what it built.

Scores depend on the history of an index, for Tantivy counts deleted documents in until it merges them away; two nodes
that each follow the catalog put the same records in another order now and then. Nodes that hold the files of one
writer give the same answers in the same order.

``<index_dir>/shipping.json`` says where a node's indexes go to and where they come from; following keeps to it.
"""

import os
import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import orjson

from catalog.search.generation import (
    MANAGED,
    REPLACED,
    IndexUnusableError,
    Manifest,
    altered,
    link,
    manifest_path,
    measure,
    read_manifest,
    sweep,
    write_manifest,
)
from catalog.vocabulary import Audience

_ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class Shipping:
    """Folders between which a node's indexes travel; empty for none.

    Attributes:
        to: Into which every commit of this node is shipped.
        taken_from: From which this node takes its indexes; it writes none itself.
        public_only: Only the public's index is shipped.
    """

    to: str = ""
    taken_from: str = ""
    public_only: bool = False

    def takes(self, audience: Audience) -> bool:
        """Whether an audience's index is another node's: it is if that ships it, or if nothing can be seen of it."""
        start = Path(self.taken_from)
        return bool(self.taken_from) and (ships(start, audience) or not any(ships(start, one) for one in Audience))

    def kept(self, index_dir: Path) -> tuple[Audience, ...]:
        """Audiences whose indexes this node keeps: those it has and those it takes; all where nothing is taken."""
        start = Path(self.taken_from)
        if not self.taken_from or not any(ships(start, one) for one in Audience):
            return tuple(Audience)
        return tuple(one for one in Audience if ships(start, one) or ships(index_dir, one))


def read_shipping(index_dir: Path) -> Shipping:
    """What was said last with :func:`write_shipping`; raises ValueError if it cannot be read."""
    path = _path(index_dir)
    try:
        return Shipping(**orjson.loads(path.read_bytes()))
    except FileNotFoundError:
        return Shipping()
    except (ValueError, TypeError) as error:
        raise ValueError(f"{path}: cannot be read ({error}); delete it, then ship or take again") from error


def write_shipping(index_dir: Path, shipping: Shipping) -> None:
    """Say between which folders the indexes travel from now on."""
    index_dir.mkdir(parents=True, exist_ok=True)
    fresh = _path(index_dir).with_suffix(".new")
    fresh.write_bytes(orjson.dumps(asdict(shipping)))
    os.replace(fresh, _path(index_dir))  # noqa: PTH105


def _path(index_dir: Path) -> Path:
    return index_dir / "shipping.json"


def ships(start: Path, audience: Audience) -> bool:
    """Whether a folder holds an index of an audience."""
    return manifest_path(start, audience).is_file()


def ship(index_dir: Path, shipping: Shipping, audiences: Sequence[Audience]) -> list[str]:
    """Lay the current generations where other nodes take them; returns a sentence for each that could not be."""
    missed = []
    for audience in audiences if shipping.to else ():
        if shipping.public_only and audience is not Audience.PUBLIC:
            if ships(Path(shipping.to), audience):
                shutil.rmtree(Path(shipping.to) / audience, ignore_errors=True)
            continue
        try:
            carry(index_dir, Path(shipping.to), audience)
        except (IndexUnusableError, OSError) as error:
            missed.append(f"The {audience} index cannot be shipped to {shipping.to}: {error}.")
    return missed


def carry(start: Path, to: Path, audience: Audience, *, anew: bool = False) -> bool:
    """Make the current generation of one folder current in another; true if it was not there yet.

    Only files that are not there yet are copied, unless ``anew``; what is copied is held against the manifest before
    that is switched, and what was copied of a generation that is gone meanwhile is of use to the next one.

    Raises:
        IndexUnusableError: There is none, it is of another version, or its files are not as they were written.
        OSError: A folder cannot be read or written.
    """
    for attempt in range(_ATTEMPTS):
        manifest = read_manifest(start, audience)
        if not anew and _is_there(to, audience, manifest):
            return False
        try:
            _fill(start / audience / manifest.folder, to, audience, manifest, anew=anew)
        except FileNotFoundError:
            if attempt == _ATTEMPTS - 1 or read_manifest(start, audience) == manifest:
                raise
        else:
            write_manifest(to, audience, manifest)
            sweep(to, audience, manifest.folder)
            return True
    raise AssertionError("unreachable")


def _is_there(to: Path, audience: Audience, manifest: Manifest) -> bool:
    with suppress(IndexUnusableError):
        folder = to / audience / manifest.folder
        return read_manifest(to, audience) == manifest and not altered(folder, manifest, hashes=False)
    return False


def _fill(folder: Path, to: Path, audience: Audience, manifest: Manifest, *, anew: bool) -> None:
    home = to / audience
    begun = home / "begun"
    begun.mkdir(parents=True, exist_ok=True)
    here, held = begun, dict[str, tuple[int, str]]()
    if not anew:
        with suppress(IndexUnusableError):
            current = read_manifest(to, audience)
            here, held = home / current.folder, dict(current.files)
    near = {name: said for name, said in manifest.files.items() if held.get(name) == said and _sized(here / name, said)}
    for path in begun.iterdir():
        if not _sized(path, manifest.files.get(path.name, (-1, ""))) or path.name in REPLACED:
            path.unlink()
    for name in (*manifest.files, MANAGED):
        if (begun / name).exists():
            continue
        if name in near and name not in REPLACED:
            link(here / name, begun / name)
        else:
            shutil.copyfile(folder / name, begun / f"{name}.part")
            (begun / f"{name}.part").rename(begun / name)
    if measure(begun, near) != manifest.files:
        shutil.rmtree(begun, ignore_errors=True)
        raise IndexUnusableError(audience, "has files that are not as they were written")
    shutil.rmtree(home / manifest.folder, ignore_errors=True)
    begun.rename(home / manifest.folder)


def _sized(path: Path, written: tuple[int, str]) -> bool:
    try:
        return path.stat().st_size == written[0]
    except OSError:
        return False
