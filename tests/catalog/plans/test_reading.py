"""Plans in sloppy sheets: where the header is, what is kept of a row, what is refused. The sheets are ours."""

import io
import zipfile
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook

from catalog.plans import kept
from catalog.plans.book import template
from catalog.plans.kept import plan
from catalog.plans.people import People
from catalog.plans.reading import read
from catalog.plans.words import LANGUAGES, PlanWords
from catalog.register.files import Unreadable

HEAD = ["Information need", "Dissemination Category", "Sector/WG/Cluster", "Type of question", "Question"]


def sheet(*rows: list[Any], title: str = "Plan") -> bytes:
    book = Workbook()
    book.active.title = title
    for row in rows:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_the_header_is_found_by_what_it_says(words: PlanWords, people: People) -> None:
    above = [[f"Sample plan, note {number}"] for number in range(5)]
    body = sheet(*above, [], HEAD, ["Sample: tents", "Public Data", "Shelter; Jane Doe", "core", "How many?"])
    found = read(body, words, people)
    assert (found.sheet, found.notes) == ("Plan", ())
    assert found.columns == {"title": 0, "category": 1, "sectors": 2, "question_type": 3, "question": 4}
    [need] = found.needs
    assert (need.number, need.faults, need.classified) == (8, (), True)
    assert need.values == {
        "title": "Sample: tents",
        "sectors": "Shelter",
        "question_type": "core",
        "question": "How many?",
        "category": "public",
        "level": "low_no",
        "visibility": "public",
        "access": "open",
        "sharing": "It will be published once it has been collected and checked.",
    }
    assert need.remarks == ("C8: what may be a person was left out. Write organisations, clusters or roles.",)


def test_a_header_below_the_fifteenth_row_is_none(words: PlanWords, people: People) -> None:
    rows = [["Sample note"] for _ in range(15)]
    with pytest.raises(Unreadable, match='No cell of the first 15 rows says "Dissemination Category"'):
        read(sheet(*rows, HEAD, ["Sample: tents", "Public Data"]), words, people)


def test_the_category_elsewhere_is_taken_with_a_warning(words: PlanWords, people: People) -> None:
    body = sheet(["Information need", "Sector", "Dissemination Category"], ["Sample: tents", "Shelter", "Public Data"])
    found = read(body, words, people)
    assert found.notes == (
        (
            '"Dissemination Category" stands in C1, not in column B, where the plan has it: '
            "see that it is the right column."
        ),
    )
    assert found.needs[0].values["category"] == "public"


def test_a_category_without_its_heading_is_column_b_only_if_that_is_said(words: PlanWords, people: People) -> None:
    body = sheet(["Information need", "", "Sector"], ["Sample: tents", "Sensitive Data", "Shelter"])
    with pytest.raises(Unreadable, match="or say --assume-column-b if that column is it"):
        read(body, words, people)
    found = read(body, words, people, assume_category=True)
    assert found.notes == ('B1 is taken for "Dissemination Category", as was asked for.',)
    assert (found.needs[0].values["category"], found.needs[0].values["level"]) == ("sensitive", "high")
    with pytest.raises(Unreadable, match='says "Dissemination Category"'):
        read(sheet(["One", "Two"], ["Sample", "Public Data"]), words, people, assume_category=True)


def test_without_a_heading_of_needs_the_headings_are_told(words: PlanWords, people: People) -> None:
    with pytest.raises(Unreadable) as told:
        read(sheet(["Topic", "Dissemination Category", "Sector"], ["Sample", "Public Data", "WASH"]), words, people)
    assert str(told.value) == (
        'No heading is known as "Information need". There are: A1 "Topic", B1 "Dissemination Category", C1 "Sector". '
        "Rename the column of the needs, or add its heading to vocab/plan.yaml of LANDMARK_CONFIG_DIR."
    )


def test_columns_that_may_hold_people_are_not_kept_at_all(words: PlanWords, people: People) -> None:
    head = ["Information need", "Dissemination Category", "Key informant", "Reply options", "Mission notes"]
    row = ["Sample: tents", "Public Data", "Informant Canary", "Options Canary", "Notes Canary"]
    found = read(sheet(head, row), words, people)
    assert found.notes == (
        'The column "Key informant" (C1) is not kept.',
        'The column "Reply options" (D1) is not kept.',
        'The column "Mission notes" (E1) is not known and is not kept.',
    )
    assert "Canary" not in str(found.needs)


def test_blank_unknown_and_urgent_alone_are_not_classified_and_say_so(words: PlanWords, people: People) -> None:
    rows = [["Sample: one", None], ["Sample: two", "TBD"], ["Sample: three", "Data for Urgent Action"]]
    found = read(sheet(HEAD, *rows), words, people)
    every = "Write: Data for Urgent Action, Sensitive Data, Public Data."
    alone = "so it is not classified and for its owner alone."
    assert [need.remarks for need in found.needs] == [
        (f"B2: no category, {alone} {every}",),
        (f'B3: "TBD" is not understood, {alone} {every}',),
        (
            (
                f'B4: "Data for Urgent Action" says nothing of sensitivity, {alone} '
                "Add Sensitive Data or Public Data beside it."
            ),
        ),
    ]
    assert [(need.values.get("level"), need.values.get("urgent")) for need in found.needs] == [
        (None, None),
        (None, None),
        (None, "yes"),
    ]


def test_rows_that_cannot_be_taken_name_cell_reason_and_mend(words: PlanWords, people: People) -> None:
    rows = [
        [None, "Public Data"],
        ["=1+1", "Public Data"],
        ["Sample: tents", "=A1"],
        ["x" * 401, "Public Data"],
        ["Sample: wells", "Public Data", "WASH"],
        ["sample - WELLS", "Sensitive Data"],
    ]
    found = read(sheet(HEAD, *rows), words, people)
    told = [(fault.cell, fault.reason) for need in found.needs for fault in need.faults]
    assert told == [
        ("A2", "it is empty"),
        ("A3", "it is a formula"),
        ("B4", "it is a formula"),
        ("A5", "it has 401 characters"),
        ("row 7", "it is the same need as row 6"),
    ]


def test_files_that_would_do_harm_are_refused(words: PlanWords, people: People) -> None:
    macros = io.BytesIO(sheet(HEAD, ["Sample", "Public Data"]))
    with zipfile.ZipFile(macros, "a") as archive:
        archive.writestr("xl/vbaProject.bin", b"x")
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * (65 << 20))
    for body, reason in (
        (macros.getvalue(), "has macros"),
        (bomb.getvalue(), "more than 64 MiB"),
        (b"\0" * 100, "neither a workbook nor a table"),
        (b"x" * (17 << 20), "larger than 16 MiB"),
        (b"", "No cell of the first 15 rows"),
        (sheet(HEAD, *(["Sample", "Public Data"] for _ in range(5001))), "more than 5000 rows"),
    ):
        with pytest.raises(Unreadable, match=reason):
            read(body, words, people)


def test_a_new_version_shows_what_is_otherwise_need_by_need(words: PlanWords, people: People) -> None:
    def version(*rows: list[Any]) -> Any:
        return read(sheet(HEAD, *rows), words, people)

    first = version(
        ["Sample: tents", "Public Data", "Shelter", "Core", "How many tents?"],
        ["Sample: wells", "Public Data", "WASH", "Core", "How many wells?"],
        ["Sample: schools", "Public Data", "Education", "Core", "How many schools?"],
        ["Sample: roads", "Public Data", "Logistics", "Core", "Which roads?"],
    )
    known = {f"need-{number}": dict(one.values) for number, one in enumerate(plan(first, {}), 1)}
    assert [one.outcome for one in plan(first, known)] == ["unchanged"] * 4
    second = version(
        ["Sample: roads", "Public Data", "Logistics", "Core", "Which roads?"],
        ["Sample: tents and huts", "Public Data", "Shelter", "Core", "How many tents?"],
        ["Sample: wells", "Sensitive Data", "WASH; Protection", "Core", "How many wells?"],
        ["Sample: clinics", "Public Data", "Health", "Core", "How many clinics?"],
    )
    planned = plan(second, known)
    assert [(one.number, one.outcome, one.id, one.title) for one in planned] == [
        (2, "unchanged", "need-4", "Sample: roads"),
        (3, "changed", "need-1", "Sample: tents and huts"),
        (4, "changed", "need-2", "Sample: wells"),
        (5, "new", "", "Sample: clinics"),
        (0, "removed", "need-3", "Sample: schools"),
    ]
    assert planned[1].changes == (("title", "Sample: tents", "Sample: tents and huts"),)
    assert {name: (old, new) for name, old, new in planned[2].changes} == {
        "sectors": ("WASH", "WASH; Protection"),
        "category": ("public", "sensitive"),
        "level": ("low_no", "high"),
        "visibility": ("public", "community"),
        "access": ("open", "bilateral"),
        "agreement": ("", "DTM Data Sharing Agreement"),
        "sharing": (known["need-2"]["sharing"], planned[2].values["sharing"]),
    }
    assert planned[4].values[kept.STATE] == kept.DROPPED
    again = known | {"need-3": dict(planned[4].values)}
    back = next(one for one in plan(first, again) if one.title == "Sample: schools")
    assert (back.outcome, back.changes) == ("changed", ((kept.STATE, "dropped", "planned"),))
    rejected = version(["Sample: roads", "Public Data"], [None, "Public Data"])
    assert [one.outcome for one in plan(rejected, known)] == ["changed", "rejected"], "nothing is removed then"


def test_what_a_new_version_has_no_column_for_stays(words: PlanWords, people: People) -> None:
    first = read(sheet(HEAD, ["Sample: tents", "Public Data", "Shelter", "Core", "How many?"]), words, people)
    known = {"need-1": dict(plan(first, {})[0].values)}
    [one] = plan(read(sheet(HEAD[:2], ["Sample: tents", "Public Data"]), words, people), known)
    assert (one.outcome, one.values["sectors"]) == ("unchanged", "Shelter")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_template_says_whose_it_is_and_is_read_back(language: Any, words: PlanWords, people: People) -> None:
    book = load_workbook(io.BytesIO(template(words, language)))
    page, choices, told = book.worksheets
    assert page["A1"].value == words.layout.texts.ours.of(language) == told["A1"].value
    assert page["B2"].value == words.columns["category"].title.of(language)
    assert page.max_row == 2, "it is blank"
    listed = [cell.value for cell in choices["A"]][1:]
    urgent, sensitive, public = (category.title.of(language) for category in words.layout.categories)
    assert listed == [urgent, sensitive, public, f"{urgent}; {sensitive}", f"{urgent}; {public}"]
    rules = [(str(rule.sqref), rule.formula1) for rule in page.data_validations.dataValidation]
    assert rules == [("B3:B500", f"'{choices.title}'!$A$2:$A$6"), ("F3:F500", f"'{choices.title}'!$B$2:$B$6")]
    assert (page.sheet_view.rightToLeft or False) == (language == "ar")
    for number, category in enumerate(listed, 3):
        page.cell(number, 1, f"Sample need {number}")
        page.cell(number, 2, category)
    out = io.BytesIO()
    book.save(out)
    found = read(out.getvalue(), words, people)
    assert found.notes == ()
    assert [need.values["category"] for need in found.needs] == [
        "urgent",
        "sensitive",
        "public",
        "urgent; sensitive",
        "urgent; public",
    ]
