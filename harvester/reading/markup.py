"""HTML and Markdown made plain text that is safe to store, index and show."""

import re
from functools import lru_cache
from html import unescape

import nh3

LONGEST = 100_000
"""Characters of plain text kept."""
_LONGEST_RAW = 400_000
_ROUNDS = 5
_MOST_TAGS = 5_000
_RECURRING = 2_000

# C0 (but tab and newline), DEL, C1, direction marks, embeddings and isolates, byte-order marks, halves of surrogate
# pairs. Writers of Arabic use marks and isolates in good faith; an override makes letters stand in another order than
# they are in, so it is shown.
_HARMFUL = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202c\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff]"
)
_OVERRIDES = {0x202D: "[U+202D]", 0x202E: "[U+202E]"}
_ACCENT = "[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
_FLOOD = re.compile(f"({_ACCENT}{{4}}){_ACCENT}+")
_MARKS = "<&[]*_`#\\"
_TAG = re.compile(r"</?[a-zA-Z!?][^<>]*>?")
_BREAKS = {"p", "div", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "table", "tr", "blockquote", "pre", "section"}
_KEPT = _BREAKS | {"a", "br", "li", "td", "th"}

_AUTOLINK = re.compile(r"<(https?://[^\s<>]{1,2000})>")
_IMAGE = re.compile(r"!\[([^\[\]\n]{0,500})\]\([^()\s]{1,2000}(?:\s+\"[^\"\n]{0,300}\")?\)")
_LINK = re.compile(
    r"\[([^\[\]]{0,500})\]\(\s{0,3}<?((?:[^()\s<>]|\([^()\s<>]{0,300}\)){1,2000})>?(?:\s{1,3}\"[^\"\n]{0,300}\")?\s{0,3}\)"
)
_HEADING = re.compile(r"^[ ]{0,3}#{1,6}[ \t]+(.*?)[ \t]*#*[ \t]*$", re.MULTILINE)
_STRONG = re.compile(r"(\*\*|__)(?=\S)([^\n*_]{1,2000}?)(?<=\S)\1")
_EMPHASIS = re.compile(r"(?<![\w*_\\])([*_])(?=[^\s*_])([^\n*_]{1,2000}?)(?<=[^\s*_\\])\1(?![\w*_])")
_CODE = re.compile(r"(`{1,3})([^`\n]{1,2000})\1")
_ESCAPED = re.compile(r"\\([\\`*_{}\[\]()#+\-.!>~|&<])")
_ANCHOR = re.compile(r'<a(?:\s+href="([^"]*)")?[^>]*>(.*?)</a>', re.DOTALL)
_LINE_END = re.compile(r"<br[^>]*>")
_ITEM = re.compile(r"(?<!\s)\s*<li[^>]*>\s*")
_CELL = re.compile(r"</t[dh]>")
_BLOCK = re.compile(r"</?(?:" + "|".join(sorted(_BREAKS)) + r")(?:\s[^>]*)?>")


def plain(text: str, longest: int = LONGEST) -> tuple[str, bool]:
    """The plain text of HTML or Markdown, and whether it had to be cut.

    No tag is left, entities are decoded, scripts and styles are gone with their content, a link becomes its text and
    its address, bidirectional and other control characters are gone; paragraphs stay apart.
    """
    # Descriptions and caveats recur from record to record.
    return _read_again(text, longest) if len(text) <= _RECURRING else _read(text, longest)


def _read(text: str, longest: int) -> tuple[str, bool]:
    marked = any(map(text.__contains__, _MARKS))
    if not marked and len(text) <= longest and text.isascii() and text.isprintable():
        return " ".join(text.split()) if "  " in text else text.strip(), False
    cut = len(text) > _LONGEST_RAW
    text = harmless(text[:_LONGEST_RAW].replace("\r\n", "\n").replace("\r", "\n"))
    text = _tidy(_from_markup(text) if marked else text)
    if len(text) > longest:
        return text[:longest].rstrip(), True
    return text, cut


_read_again = lru_cache(1024)(_read)


def line(text: str, longest: int = 1000) -> str:
    """A text on one line without control characters: a title, a name, a column's header."""
    if len(text) <= longest and text.isascii() and text.isprintable() and "  " not in text:
        return text.strip()
    return " ".join(harmless(text[: longest * 4]).split())[:longest].rstrip()


def label(text: str, longest: int = 1000) -> str:
    """A title or name on one line, its entities decoded and its tags gone: ``R&amp;D`` is ``R&D``."""
    if "&" not in text and "<" not in text:
        return line(text, longest)
    text = text[: longest * 8]
    for _ in range(_ROUNDS):
        before, text = text, harmless(_from_html(text))
        if text == before:
            break
    return line(_TAG.sub("", text), longest)


def harmless(text: str) -> str:
    """The text without NUL, control characters, direction marks, broken surrogates and floods of accents.

    An override of the reading direction is shown as ``[U+202E]``.
    """
    if text.isascii() and text.isprintable():
        return text
    text = _HARMFUL.sub("", text)
    return text if text.isascii() else _FLOOD.sub(r"\1", text).translate(_OVERRIDES)


def _from_markup(text: str) -> str:
    # A portal may escape twice, and what an entity hides may be a tag: read until nothing changes.
    for _ in range(_ROUNDS):
        before = text
        if "<" in text or "&" in text:
            text = harmless(_from_html(text))
        if text == before:
            break
    text = _from_markdown(text)
    return _TAG.sub("", harmless(text)) if "<" in text else text


def _from_html(text: str) -> str:
    text = unescape(_AUTOLINK.sub(r"\1", text))
    if "<" not in text:
        return text
    if text.count("<") > _MOST_TAGS:  # an HTML parser's time grows with the square of the depth
        return _TAG.sub(" ", text)
    safe = nh3.clean(
        text,
        tags=_KEPT,
        attributes={"a": {"href"}},
        url_schemes={"http", "https"},
        link_rel=None,
        clean_content_tags={"script", "style"},
    )
    safe = _ANCHOR.sub(lambda found: _link(_BLOCK.sub(" ", found[2]), found[1] or ""), safe)
    safe = _LINE_END.sub("\n", safe)
    safe = _ITEM.sub("\n- ", safe)
    safe = _CELL.sub(" ", safe)
    safe = _BLOCK.sub("\n\n", safe)
    return unescape(re.sub(r"</?(?:a|br|li|td|th)(?:\s[^<>]*)?>", "", safe))


def _from_markdown(text: str) -> str:
    if "](" in text:
        text = _IMAGE.sub(r"\1", text)
        text = _LINK.sub(lambda found: _link(found[1], found[2]), text)
    if "#" in text:
        text = _HEADING.sub(r"\1", text)
    if "*" in text or "_" in text:
        text = _STRONG.sub(r"\2", text)
        text = _EMPHASIS.sub(r"\2", text)
    if "`" in text:
        text = _CODE.sub(r"\2", text)
    return _ESCAPED.sub(r"\1", text) if "\\" in text else text


def _link(words: str, address: str) -> str:
    words = words.strip()
    if not address.lower().startswith(("http://", "https://")):
        return words
    if words.rstrip("/") == address.rstrip("/"):
        return address
    return f"{words} ({address})" if words else address


def _tidy(text: str) -> str:
    lines = [" ".join(one.split()) for one in text.split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
