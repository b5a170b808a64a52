"""Forms as KoboToolbox, ODK and Survey123 write them; all are ours, save the recorded dictionaries."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from catalog.assess import Assessor
from catalog.register import reading
from catalog.register.book import written
from catalog.register.files import Unreadable
from catalog.register.forms import Field, read
from catalog.register.proposal import Proposal, proposed
from catalog.register.words import Words
from config import load
from config.settings import Settings

WORDS = load.form_words(Settings(config_dir=None))


def workbook(**sheets: list[list[Any]]) -> bytes:
    book = Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        page = book.create_sheet(name)
        for row in rows:
            page.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def table(*rows: list[Any]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue().encode()


def propose(body: bytes, assessor: Assessor, **given: str) -> Proposal:
    return proposed(read(body, WORDS), "sample-form", assessor.tagger, assessor.sensitivity, WORDS, given)


KOBO = workbook(
    survey=[
        ["type", "name", "label::English (en)", "label::Arabic (ar)", "$kuid", "required"],
        ["start", "start", None, None, "a1", None],
        ["begin_group", "where", "Where", "أين", "a2", None],
        ["select_one state", "adm1", "**State**", "الولاية", "a3", "true"],
        ["geopoint", "place", "Position of ${adm1}", None, "a4", None],
        ["end_group", None, None, None, "a5", None],
        ["note", "thanks", "Thank you", None, "a6", None],
        ["begin_repeat", "person", "Person", None, "a7", None],
        ["text", "full_name", "Full name", "الاسم الكامل", "a8", None],
        ["integer", "age", "Age in years", None, "a9", None],
        ["end_repeat", None, None, None, "b1", None],
        ["image", "picture", "Picture", None, "b2", None],
    ],
    choices=[["list_name", "name", "label::English (en)"], ["state", "a", "Sample A"], ["state", "b", "Sample B"]],
    settings=[["form_title", "form_id", "version", "default_language"], ["Sample visits", "visits", 3, "English (en)"]],
)


def test_a_form_of_kobo_with_groups_repeats_and_two_languages() -> None:
    form = read(KOBO, WORDS)
    assert (form.title, form.id, form.version, form.language, form.languages) == (
        "Sample visits",
        "visits",
        "3",
        "en",
        ("en", "ar"),
    )
    assert form.fields == (
        Field(2, "start", "start", {}),
        Field(4, "adm1", "select_one", {"en": "State", "ar": "الولاية"}, ("where",), "", 2),
        Field(5, "place", "geopoint", {"en": "Position of"}, ("where",)),
        Field(9, "full_name", "text", {"en": "Full name", "ar": "الاسم الكامل"}, ("person",), "person"),
        Field(10, "age", "integer", {"en": "Age in years"}, ("person",), "person"),
        Field(12, "picture", "image", {"en": "Picture"}),
    )
    assert (form.repeats, form.notes) == (("person",), ())


def test_one_holding_is_proposed_with_its_columns_tagged_and_classified(assessor: Assessor) -> None:
    made = propose(KOBO, assessor, holder="Sample Office")
    assert made.values == {
        "title": "Sample visits",
        "contents": "Collected with a form of 6 columns in 2 groups, with one repeat.",
        "holder": "Sample Office",
        "admin_level": "point",
        "columns": "start; adm1; place; Full name; age; picture",
        "form": "Sample visits 3",
        "personal_data": "yes",
    }
    told = {column.field.name: (column.tag, column.told_by, column.holds, column.personal) for column in made.columns}
    assert told["adm1"][0].startswith("#adm1")
    assert told["place"][2] == "places to the metre"
    assert told["full_name"][2:] == ("person-name", "direct")
    assert told["picture"][2:] == ("pictures", "direct")
    assert made.notes == ()


def test_a_form_of_survey123_and_of_odk_by_its_plain_names(assessor: Assessor) -> None:
    body = workbook(
        survey=[
            ["type", "name", "label", "bind::esri:fieldType"],
            ["begin group", "beneficiaries", "Beneficiaries", None],
            ["integer", "fem_child", "Female adult beneficiaries", "esriFieldTypeInteger"],
            ["integer", "male_child", "Male children", "esriFieldTypeInteger"],
            ["hidden", "report_status", None, None],
            ["end group", None, None, None],
            ["end group", None, None, None],
            ["text", None, "No name", None],
        ],
        settings=[["form_title"], ["Sample training"]],
    )
    made = propose(body, assessor)
    assert made.notes == (
        'There is no sheet "choices".',
        "Row 7 ends a group that was not begun.",
        'Row 8 is of the type "text" and has no name; it was left out.',
        (
            'The name "fem_child" says children, the label "Female adult beneficiaries" says adults. '
            "Neither is believed: ask whoever keeps the form."
        ),
    )
    contradicted, other, _ = made.columns
    assert (contradicted.tag, contradicted.header, contradicted.told_by) == ("", "", "")
    assert (other.header, other.field.contradiction) == ("male_child", "")
    assert "fem_child" not in made.values["columns"]


@pytest.mark.parametrize(
    ("name", "labels", "told"),
    [
        (
            "fem_adlt",
            ["Female children"],
            'The name "fem_adlt" says adults, the label "Female children" says children.',
        ),
        ("killed", ["Persons injured"], 'The name "killed" says killed, the label "Persons injured" says injured.'),
        (
            "latitude",
            ["Latitude", "خط الطول"],
            'The name "latitude" says latitude, the label "خط الطول" says longitude.',
        ),
        ("endDate", ["Date de début"], 'The name "endDate" says end, the label "Date de début" says start.'),
        ("girls", ["Girls and women"], ""),
        ("adults", ["People over 18"], ""),
        ("province_id", ["Province"], ""),
        ("weekend", ["Started on"], ""),
    ],
)
def test_a_name_and_its_label_that_cannot_both_be_right(name: str, labels: list[str], told: str) -> None:
    rows = [["type", "name", *(f"label_{code}" for code in ("en", "ar"))], ["integer", name, *labels]]
    [field] = read(table(*rows), WORDS).fields
    assert field.contradiction == told


def test_a_table_of_fields_as_people_write_it() -> None:
    rows = [
        ["Sample dictionary"],
        ["section", "Name", "Type", "mandatory", "label_en", "label_ar"],
        ["General", "id", "Text", "Yes", "Report ID", "رقم التقرير"],
        ["General", "govlist", "Select_one govlist", "Yes", "", "المحافظة"],
        ["General", "spot", "GeoPoint", "", "", ""],
        ["General", "odd", "Approved By", "", "", ""],
        ["General", "group", "begin groupe", "", "", ""],
        ["General", "when", "Date Time", "", "", ""],
    ]
    form = read(table(*rows), WORDS)
    assert [(field.name, field.type, field.labels, field.groups) for field in form.fields] == [
        ("id", "text", {"en": "Report ID", "ar": "رقم التقرير"}, ()),
        ("govlist", "select_one", {"ar": "المحافظة"}, ()),
        ("spot", "geopoint", {}, ()),
        ("odd", "", {}, ()),
        ("when", "datetime", {}, ("group",)),
    ]
    assert form.notes == ('1 field is of the type "Approved By", which no form has; taken for text.',)


def test_what_is_no_form_is_refused_with_the_mend() -> None:
    for body, reason in (
        (workbook(survey=[["Title", "Holder"], ["Sample", "Sample"]]), "No sheet lists fields"),
        (b"", "No sheet lists fields"),
        (b"\xd0\xcf\x11\xe0", "Save it as XLSX"),
        (table(["type", "name"], *(["text", f"a{number}"] for number in range(3001))), "more than 3000 fields"),
    ):
        with pytest.raises(Unreadable, match=reason):
            read(body, WORDS)


def test_what_is_proposed_is_a_row_that_can_be_imported(assessor: Assessor) -> None:
    sheet = Words(load.register_sheet(Settings(config_dir=None)))
    given = {"holder": "Sample Office", "countries": "SDN", "state": "planned"}
    for language in ("en", "ar"):
        made = propose(KOBO, assessor, **given)
        [row] = reading.read(written(sheet, language, "xlsx", [made.values]), sheet).rows
        assert (row.faults, row.values) == ((), made.values)


SRI_LANKA = "portals/mine-action/imsma_core_srilanka_eore_xlsform_fields.json"
SYRIA = "portals/mine-action/imsma_core_syria_form_fields.json"


@pytest.mark.recorded
def test_the_four_labels_of_a_recorded_form_that_contradict_their_names(shared: Path, assessor: Assessor) -> None:
    fields = json.loads((shared / SRI_LANKA).read_text(encoding="utf-8"))["fields"]
    keys = ["type", "name", "label"]
    made = propose(workbook(survey=[keys, *([field.get(key) for key in keys] for field in fields)]), assessor)
    contradicted = [column for column in made.columns if column.field.contradiction]
    assert [column.field.name for column in contradicted] == ["fem_child", "male_child", "fem_adlt", "male_adlt"]
    assert [(column.tag, column.header) for column in contradicted] == [("", "")] * 4
    assert len(made.columns) == 78
    assert sum(bool(column.tag) for column in made.columns) >= 30
    assert (made.values["personal_data"], made.values["admin_level"]) == ("yes", "point")


@pytest.mark.recorded
def test_the_recorded_dictionaries_are_read_and_their_contradictions_told(shared: Path, assessor: Assessor) -> None:
    forms = json.loads((shared / SYRIA).read_text(encoding="utf-8"))["forms"]
    keys = ["section", "name", "type", "label_en", "label_ar"]
    told: dict[str, list[str]] = {}
    counts = {}
    for key, form in forms.items():
        made = propose(table(keys, *([field.get(name, "") for name in keys] for field in form["fields"])), assessor)
        counts[key] = len(made.columns)
        told[key] = [column.field.name for column in made.columns if column.field.contradiction]
    assert counts == {"cis": 99, "ha": 71, "va": 142, "risk_education": 58, "eo": 1, "ac": 1}
    assert told == {
        "cis": [],
        "ha": ["re_latitude"],
        "va": ["killed"],
        "risk_education": ["broadcast_end_date"],
        "eo": [],
        "ac": [],
    }
