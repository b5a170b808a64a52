"""Search parameters at the HTTP door, built from the facet registry: a new facet file needs no edit here."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_origin
from urllib.parse import parse_qsl

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, create_model, model_validator

from catalog.export import MAX_ROWS
from catalog.facets import Facet, facets
from catalog.query import DatasetQuery, QueryError, period, same_table

MAX_LIMIT = 1000
MOST_DIGITS = 9
"""Of a number in a question; noughts before it count."""
MAX_WORDS = 500


class NoParameters(BaseModel):
    """An address that takes no parameters refuses any."""

    model_config = ConfigDict(extra="forbid")


def read_day(value: object) -> object:
    """An ISO day; anything else is refused with an example."""
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise ValueError("It must be a day such as 2024-01-31.") from None


def read_limit(value: object) -> int:
    """A number of items on a page; anything else is refused with the bounds."""
    text = str(value)
    if not (text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS and int(text) <= MAX_LIMIT):
        raise ValueError("It must be a whole number from 0 to 1,000.")
    return int(text)


def _rows(value: object) -> int:
    text = str(value)
    if not (text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS and int(text) <= MAX_ROWS):
        raise ValueError("It must be a whole number from 0 to 10,000.")
    return int(text)


def _covers(value: object) -> str:
    text = str(value)
    period(text)
    return text


def _parted(value: object) -> object:
    """One list of what several parameters and their commas hold."""
    given = value if isinstance(value, list) else [value]
    return [part for one in given for part in (piece.strip() for piece in str(one).split(",")) if part]


def _confidence(value: object) -> float:
    try:
        found = float(str(value))
    except ValueError:
        found = -1.0
    if not 0 <= found <= 1:
        raise ValueError("It must be a number from 0 to 1, such as 0.8.")
    return found


def _sort(value: object) -> object:
    if value not in {"relevance", "modified", "title"}:
        raise ValueError("It must be relevance, modified or title.")
    return value


class _Refusing(BaseModel):
    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _leave_out_empty(cls, data: Any) -> Any:  # noqa: ANN401
        # A form sends its empty fields too.
        if not isinstance(data, Mapping):
            return data
        kept = {k: [one for one in v if one != ""] if isinstance(v, list) else v for k, v in data.items()}
        return {k: v for k, v in kept.items() if v not in ("", [])}


class SearchParameters(_Refusing):
    """What every search takes besides its facets."""

    q: str = Field(
        "",
        max_length=MAX_WORDS,
        description='Words to look for, `"phrases"`, `-unwanted` ones, `half*`, `field:value` (`title:`, `org:` or a '
        "facet, as in `country:UKR`). All are required first; if nothing has all of them they are relaxed, and "
        "`notices` says so. Places and p-codes are read as such.",
        examples=["displacement"],
    )
    hxl: list[str] = Field(
        default_factory=list,
        max_length=20,
        description="HXL tag pattern that a column must match, such as `#affected+idps`. Repeats must all match.",
        examples=["#affected+idps"],
    )
    hxl_same: list[str] = Field(
        default_factory=list,
        alias="hxl.same",
        max_length=20,
        description="HXL tag pattern; repeats must all match on one table (a file, or a sheet of it). `true` alone "
        "asks that of the patterns in `hxl`.",
        examples=["#affected+idps"],
    )
    hxl_origin: Annotated[list[str], BeforeValidator(_parted)] = Field(
        default_factory=list,
        alias="hxl.origin",
        max_length=20,
        description="Where the tags that count come from, by commas: `declared` by the source, `mapped` from its own "
        "words, `inferred` from headers, `curated` by a person.",
        examples=["declared,curated"],
    )
    hxl_min_confidence: Annotated[float, BeforeValidator(_confidence)] = Field(
        0.0,
        alias="hxl.min_confidence",
        description="How certain a tag must at least be to count, 0 to 1.",
        examples=["0.8"],
    )
    covers: Annotated[str, BeforeValidator(_covers)] = Field(
        "",
        description="Reference period that the data must overlap, `FIRST..LAST`; either day may be left out.",
        examples=["2024-01-01..2024-12-31"],
    )
    modified_since: Annotated[date | None, BeforeValidator(read_day)] = Field(
        None, description="Only data that changed on this day or later.", examples=["2024-01-31"]
    )
    expand: bool = Field(
        True,  # noqa: FBT003
        description="Whether other words of a meaning, places, half words and misspellings count too; `wording` says "
        "which. With `false` each word counts as typed, in any number or case.",
        examples=["false"],
    )
    explain: bool = Field(
        False,  # noqa: FBT003
        description="Gives each item `why`: which word was found where, and what raised it.",
        examples=["true"],
    )
    sort: Annotated[Literal["", "relevance", "modified", "title"], BeforeValidator(_sort)] = Field(
        "",
        description="`relevance` (the default with words), `modified` (the default without) or `title`.",
        examples=["title"],
    )
    limit: Annotated[int, BeforeValidator(read_limit)] = Field(
        20, description="Items on a page, 0 to 1,000.", examples=["5"]
    )
    after: str = Field("", max_length=1000, description="The `next` of the page before.")
    facets: str = Field(
        "",
        max_length=500,
        description="Facets to count, separated by commas; all if left out, `none` for none.",
        examples=["country,organization"],
    )


class ExportParameters(SearchParameters):
    """What an export takes besides its facets."""

    limit: Annotated[int, BeforeValidator(_rows)] = Field(
        MAX_ROWS, description="Rows in the file, 0 to 10,000.", examples=["5"]
    )
    hashtags: bool = Field(
        False,  # noqa: FBT003
        description="Adds a row of HXL hashtags under the headers.",
        examples=["true"],
    )


def with_facets(base: type[SearchParameters], known: Mapping[str, Facet]) -> type[SearchParameters]:
    """The base's parameters and one per facet, any number of values each."""
    more: dict[str, Any] = {
        name: (
            Annotated[list[str], Field(max_length=200, description=facet.description, title=facet.label)],
            Field(default_factory=list),
        )
        for name, facet in known.items()
    }
    return create_model(base.__name__, __base__=base, **more)


FACETS = facets()

if TYPE_CHECKING:
    Search = SearchParameters
    Export = ExportParameters
else:
    Search = with_facets(SearchParameters, FACETS)
    Export = with_facets(ExportParameters, FACETS)


class RefusedError(RequestValidationError):
    """Parameters that cannot be used, and the names of all that can."""

    def __init__(self, errors: Sequence[Mapping[str, Any]], known: Sequence[str]) -> None:
        super().__init__(errors)
        self.known = known


class Asked:
    """Reads a question's parameters into a model, and tells the OpenAPI document of them; is a dependency too.

    FastAPI's own reading of a model goes through every field that there is, each time: with a field per facet that
    is half of what an answer costs beside the search.
    """

    def __init__(self, model: type[SearchParameters]) -> None:
        self.model = model
        self.names = tuple(known.alias or name for name, known in model.model_fields.items())
        self._lists = frozenset(
            known.alias or name for name, known in model.model_fields.items() if get_origin(known.annotation) is list
        )

    async def __call__(self, request: Request) -> SearchParameters:
        """The parameters as a dependency; a coroutine, for it waits for nothing and needs no thread of its own."""
        return self.read(request)

    def read(self, request: Request) -> SearchParameters:
        """The parameters; raises RefusedError."""
        given: dict[str, Any] = {}
        # As Starlette reads them, but once: it makes a mapping of them first.
        for name, value in parse_qsl(request.scope["query_string"].decode("latin-1"), keep_blank_values=True):
            if name in self._lists:
                given.setdefault(name, []).append(value)
            else:
                given[name] = value
        try:
            return self.model.model_validate(given)
        except ValidationError as error:
            refused = error.errors(include_url=False)
            raise RefusedError([{**entry, "loc": ("query", *entry["loc"])} for entry in refused], self.names) from error

    @property
    def described(self) -> dict[str, Any]:
        """What an operation of the OpenAPI document has more for it."""
        fields = self.model.model_json_schema(mode="validation")["properties"]
        parameters = [
            {"name": name, "in": "query", "required": False, "schema": schema}
            | ({"description": schema["description"]} if "description" in schema else {})
            for name, schema in fields.items()
        ]
        return {"parameters": parameters}


ASKED_SEARCH = Asked(Search)
ASKED_EXPORT = Asked(Export)


def to_query(asked: SearchParameters) -> DatasetQuery:
    """The question as the index understands it.

    Raises:
        QueryError: A facet to count that does not exist.
    """
    selected = {name: tuple(dict.fromkeys(values)) for name in FACETS if (values := getattr(asked, name))}
    return DatasetQuery(
        q=asked.q,
        selected=selected,
        hxl=tuple(asked.hxl),
        hxl_same=same_table(asked.hxl, asked.hxl_same),
        hxl_origin=tuple(asked.hxl_origin),
        hxl_min_confidence=asked.hxl_min_confidence,
        covers=period(asked.covers) if asked.covers else None,
        modified_since=asked.modified_since,
        sort=asked.sort,
        limit=asked.limit,
        after=asked.after,
        facets=_counted(asked.facets),
        expand=asked.expand,
        explain=asked.explain,
    )


def _counted(asked: str) -> tuple[str, ...]:
    if asked == "none":
        return ()
    if not asked:
        return tuple(name for name, facet in FACETS.items() if getattr(facet, "shown", True))
    names = tuple(name.strip() for name in asked.split(",") if name.strip())
    for name in names:
        if name not in FACETS:
            raise QueryError("facets", f'facets: there is no facet "{name[:80]}". There are: {", ".join(FACETS)}.')
    return names
