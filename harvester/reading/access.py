"""Access to report, questionnaire and data apart, in the three words of the old Assessment Registry."""

import re
from collections.abc import Mapping

from catalog.records import AccessRecord
from catalog.text import normalize
from catalog.vocabulary import AccessModality, Artefact
from harvester.reading.fields import Fields

_WORDS = {
    AccessModality.OPEN: "publicly available; public; available; open; accessible au public; disponible publiquement; "
    "public disponible; accessible; disponible al publico; disponible publicamente; acceso publico; publico",
    AccessModality.ON_REQUEST: "available on request; on request; available upon request; upon request; by request; "
    "request access; sur demande; disponible sur demande; a la demande; disponible a la demande; previa solicitud; "
    "disponible a pedido; a pedido; a solicitud; bajo solicitud; disponible bajo solicitud; "
    "disponible previa solicitud",
    AccessModality.NOT_SHARED: "not available; unavailable; not shared; not publicly available; non disponible; "
    "indisponible; pas disponible; no disponible",
}
_MODALITY = {word.strip(): modality for modality, words in _WORDS.items() for word in words.split(";")}
_CLOSED_WORDS = {
    AccessModality.OPEN: "open access; direct access; c abf2; public",
    AccessModality.REGISTER: "public use",
    AccessModality.ON_REQUEST: "restricted; restricted access; c 16ec; org; organization; shared",
    AccessModality.UNDER_AGREEMENT: "licensed use",
    AccessModality.ON_SITE: "data enclave",
    AccessModality.NOT_SHARED: "non public; metadata only access; c 14cb; private",
    AccessModality.UNKNOWN: "embargoed access; c f1cf",
}
_DECLARED = {word.strip(): modality for modality, words in _CLOSED_WORDS.items() for word in words.split(";")}
_FIELDS = {
    Artefact.DATA: ("data", "field_assessment_data"),
    Artefact.REPORT: ("report", "field_assessment_report"),
    Artefact.QUESTIONNAIRE: ("questionnaire", "field_assessment_questionnaire"),
}
_LONGEST = 2000


def modality(value: object) -> AccessModality | None:
    """What "Publicly Available", "Available on Request" or "Not Available" says, in English, French or Spanish.

    Case, accents and punctuation do not matter; ``None`` if blank.

    Raises:
        ValueError: It is none of these.
    """
    if value is None:
        return None
    if not isinstance(value, str):
        raise ValueError(f"an access word is a text, not {type(value).__name__}")  # noqa: TRY004 - callers note it
    word = normalize(value[:200])
    if not word:
        return None
    if word not in _MODALITY:
        raise ValueError(f'no known way to have it: "{" ".join(value.split())[:60]}"')
    return _MODALITY[word]


def declared(value: object) -> AccessModality | None:
    """What a portal's closed word says of how the data can be had; ``None`` if blank.

    Reads the access rights of the EU's list and of COAR (by word or address), RIDL's ``external_access_level``,
    ArcGIS's ``access``, and the three words of :func:`modality`.

    Raises:
        ValueError: It is none of these.
    """
    if isinstance(value, str) and "://" in value:
        value = value.rstrip("/").rpartition("/")[2]
    word = normalize(value[:200]) if isinstance(value, str) else ""
    return _DECLARED[word] if word in _DECLARED else modality(value)


def access(artefact: Artefact, word: object, instructions: str = "", address: str = "") -> AccessRecord | None:
    """How one artefact can be had; ``None`` if nothing is said of it.

    Args:
        artefact: What is asked for.
        word: The portal's word, see :func:`modality`.
        instructions: Plain text, a sentence or a paragraph per step; an artefact that has only these is on request.
        address: Where to ask or to have it, a web address that was read already.

    Raises:
        ValueError: The word is unknown.
    """
    said = modality(word)
    steps = tuple(step for line in instructions[:_LONGEST].splitlines() if (step := " ".join(line.split())))
    if said is None:
        if not steps and not address:
            return None
        said = AccessModality.ON_REQUEST if steps else AccessModality.OPEN
    return AccessRecord(said, steps, address, artefact)


def artefacts(fields: Fields, base: str = "") -> tuple[AccessRecord, ...]:
    """The access of an assessment's ``data``, ``report`` and ``questionnaire``: at most one of each, data first.

    Each is an object ``{accessibility, instructions, url, file}`` or a list of such, of which the widest counts.
    What cannot be read becomes a note ``access-unknown`` or ``address-unreadable`` of ``fields``.
    """
    found = []
    for artefact, names in _FIELDS.items():
        name = next((name for name in names if fields.record.get(name)), "")
        given = fields.record.get(name)
        entries = given if isinstance(given, list) else [given]
        read = [
            one
            for entry in entries
            if isinstance(entry, Mapping)
            and (one := _entry(artefact, Fields(entry, fields.notes, f"{fields.where}{name}."), base))
        ]
        if read:
            found.append(min(read, key=lambda one: list(_WORDS).index(one.modality)))
    return tuple(found)


def _entry(artefact: Artefact, part: Fields, base: str) -> AccessRecord | None:
    file = part.record.get("file")
    address = part.address("url", base)
    if not address and isinstance(file, Mapping):
        address = Fields(file, part.notes, f"{part.where}file.").address("url", base)
    instructions = re.sub(r"(?<=[.!?])\s+(?=[A-ZÀ-Ý])", "\n", part.prose("instructions", _LONGEST))
    try:
        return access(artefact, part.record.get("accessibility"), instructions, address)
    except ValueError as error:
        part.note("access-unknown", "accessibility", str(error))
        return access(artefact, None, instructions, address)
