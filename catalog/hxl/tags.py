"""HXL hashtags with attributes in one spelling. Parsing is libhxl's; it is given text, never an address."""

from functools import lru_cache
from typing import Any


@lru_cache(maxsize=50_000)
def canonical(spec: str) -> str:
    """``#Adm1 +v_pcode+Code`` becomes ``#adm1+code+v_pcode``: lower case, attributes sorted; ``""`` if no hashtag."""
    from hxl.model import Column

    # libhxl answers False, not an exception, to what is no hashtag.
    column: Any = Column.parse(spec.strip())
    if not column or not column.tag:
        return ""
    return "".join([column.tag, *(f"+{attribute}" for attribute in sorted(column.attributes))])


@lru_cache(maxsize=50_000)
def base(tag: str) -> str:
    """The hashtag without its attributes."""
    return tag.partition("+")[0]


@lru_cache(maxsize=200_000)
def matches(pattern: str, tag: str) -> bool:
    """Whether a canonical tag matches a libhxl tag pattern; a malformed pattern raises ValueError."""
    from hxl.model import Column

    return bool(_pattern(pattern).match(Column.parse(tag)))


@lru_cache(maxsize=1_000)
def _pattern(pattern: str) -> Any:  # noqa: ANN401 - libhxl is untyped
    from hxl import HXLException
    from hxl.model import TagPattern

    try:
        return TagPattern.parse(pattern)
    except (HXLException, ValueError) as error:
        raise ValueError(f'"{pattern}" is no HXL tag pattern, such as "#affected+f" or "#adm1+code".') from error
