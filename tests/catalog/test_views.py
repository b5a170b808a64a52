"""Views: what they may ask by."""

import pytest

from catalog import views
from catalog.facets import facets
from config.declarations import Source
from config.load import ConfigurationError, sources
from config.settings import Settings


def test_every_value_of_a_closed_facet_can_be_asked_by() -> None:
    closed = {name: facet.closed for name, facet in facets().items() if facet.closed}
    assert {name: tuple(facets()[name].check(value) for value in values) for name, values in closed.items()} == closed
    assert facets()["cod"].check("COD standard") == "cod-standard"
    assert facets()["access"].check("on-request") == "on_request"


def test_what_every_shipped_view_asks_by_is_there() -> None:
    shipped = [source for source in sources(Settings(sources="all")) if source.kind == "view"]
    assert "cod" in {source.key for source in shipped}
    for source in shipped:
        views.check(source, ["hdx"])


def test_a_view_by_a_value_that_a_facet_never_has_is_told() -> None:
    view = Source(key="sample-cod", kind="view", title="Sample", of="hdx", query={"cod": ("cod-minor",)})
    with pytest.raises(ConfigurationError) as caught:
        views.check(view, ["hdx"])
    words = '"cod-minor" is no cod; it is one of cod-enhanced, cod-standard, cod-candidate'
    assert str(caught.value) == f'sample-cod: the key "query": {words}.'
