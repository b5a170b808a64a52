"""Sheets of OpenDocument files."""

import io
import zipfile

import pytest

from catalog.register.files import Unreadable
from catalog.register.reading import read
from catalog.register.words import Words

SPACES = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text", "style")
)
HEAD = """<table:table-row><table:table-cell><text:p>Title</text:p></table:table-cell>
<table:table-cell><text:p>Holder</text:p></table:table-cell><table:table-cell><text:p>Country</text:p>
</table:table-cell><table:table-cell><text:p>State</text:p></table:table-cell>
<table:table-cell><text:p>Expected on</text:p></table:table-cell></table:table-row>"""


def text(told: str, more: str = "") -> str:
    return f"<table:table-cell {more}><text:p>{told}</text:p></table:table-cell>"


def row(*cells: str, more: str = "") -> str:
    return f"<table:table-row {more}>{''.join(cells)}</table:table-row>"


def ods(*rows: str, extra: str = "", hidden: str = "", part: str = "") -> bytes:
    content = f"""<?xml version="1.0"?>{extra}<office:document-content {SPACES}>
    <office:automatic-styles><style:style style:name="h" style:family="table">
    <style:table-properties table:display="false"/></style:style></office:automatic-styles><office:body>
    <office:spreadsheet><table:table table:name="Holdings">{"".join(rows)}</table:table>{hidden}</office:spreadsheet>
    </office:body></office:document-content>"""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("content.xml", content)
        if part:
            archive.writestr(part, "x")
    return out.getvalue()


def test_rows_merged_repeated_and_dated_are_read_and_notes_are_not(words: Words) -> None:
    note = "<office:annotation><text:p>a note</text:p></office:annotation>"
    day = '<table:table-cell office:value-type="date" office:date-value="2026-03-05"/>'
    covered = "<table:covered-table-cell/>"
    formula = '<table:table-cell table:formula="of:=1+1" office:value-type="float" office:value="2"/>'
    body = ods(
        row('<table:table-cell table:number-columns-repeated="16384"/>', more='table:number-rows-repeated="3"'),
        HEAD,
        row(f"<table:table-cell><text:p>Sample: one</text:p>{note}</table:table-cell>").replace(
            "</table:table-row>", ""
        )
        + text("Sample Office", 'table:number-rows-spanned="2"')
        + text("Angola")
        + text("planned")
        + day
        + "</table:table-row>",
        row(text("Sample: two"), covered, text("Zambia"), text("held"), formula),
        row('<table:table-cell table:number-columns-repeated="16384"/>', more='table:number-rows-repeated="1048000"'),
        hidden=f'<table:table table:name="Secret" table:style-name="h">{HEAD}</table:table>',
    )
    found = read(body, words)
    assert found.notes == ('The hidden sheet "Secret" was not read.',)
    assert [(one.number, dict(one.values)) for one in found.rows] == [
        (
            5,
            {"title": "Sample: one", "holder": "Sample Office", "countries": "AGO", "state": "planned"}
            | {"expected": "2026-03-05"},
        ),
        (6, {"title": "Sample: two", "holder": "Sample Office", "countries": "ZMB", "state": "held"}),
    ]
    [fault] = found.rows[1].faults
    assert (fault.cell, fault.reason) == ("E6", "it is a formula")


def test_bombs_and_macros_are_refused(words: Words) -> None:
    bomb = '<!DOCTYPE b [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
    many = row(text("x"), text("y"), more='table:number-rows-repeated="1000000"')
    for body, said in (
        (ods(HEAD, row(text("&b;")), extra=bomb), "The workbook cannot be read (EntitiesForbidden)."),
        (ods(HEAD, many), "A sheet has more than 5000 rows"),
        (ods(HEAD, part="Basic/Standard/Module1.xml"), "The workbook has macros."),
    ):
        with pytest.raises(Unreadable) as raised:
            read(body, words)
        assert str(raised.value).startswith(said)
