"""Hashtags inferred from headers: tables of several languages and kinds, made for this test, with every guess."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.hxl.tagger import Inferred, Tagger
from catalog.hxl.tags import canonical
from catalog.hxl.words import Phrases, header_words
from config.load import ConfigurationError, rules
from config.settings import Settings
from tests.bench.hxl import guesses, held_out, tables, tally

TAGGER = Tagger(rules(Settings(config_dir=None)))
AGAIN = Tagger(rules(Settings(config_dir=None)))

ENGLISH = {
    "Cluster": "#sector+cluster",
    "Sub-cluster": "#subsector",
    "Agency": "#org",
    "Implementing Partner": "#org+impl+name",
    "Donor": "#org+funder+name",
    "Project Name": "#activity+name+project",
    "State": "#adm1+name",
    "State Pcode": "#adm1+code",
    "LGA": "#adm2+name",
    "lga_pcode": "#adm2+code",
    "Start Date": "#date+start",
    "endDate": "#date+end",
    "Project Status": "#status",
    "People targeted": "#targeted",
    "Number of people reached": "#reached",
    "Boys": "#reached+children+m",
    "Girls": "#reached+children+f",
    "Women": "#reached+adults+f",
    "Women with disabilities": "#reached+adults+disabled+f",
    "Contact e-mail": "#contact+email",
    "Last updated": "#date+updated",
    "Remarks": "#description",
    "Favourite colour": "",
}
FRENCH = {
    "Pays": "#country+name",
    "Région": "#adm1+name",
    "Département": "#adm2+name",
    "Commune": "#adm3+name",
    "Code commune": "#adm3+code",
    "Date de l'évaluation": "#date+occurred",
    "Bailleur": "#org+funder+name",
    "Partenaire de mise en œuvre": "#org+impl+name",
    "Secteur": "#sector",
    "Nombre de ménages PDI": "#affected+hh+idps",
    "Individus retournés": "#affected+ind+returnees",
    "Personnes dans le besoin": "#inneed",
    "Personnes atteintes": "#reached",
    "F 18-59 ans": "#reached+age_18_59+f",
    "Enfants de moins de 5 ans": "#reached+age_0_4+children",
    "Nombre de blessés": "#affected+injured",
    "Commentaires": "#description",
}
SPANISH = {
    "País": "#country+name",
    "Departamento": "#adm1+name",
    "Municipio": "#adm2+name",
    "Código municipio": "#adm2+code",
    "Organización implementadora": "#org+impl+name",
    "Fecha de inicio": "#date+start",
    "Fecha de finalización": "#date+end",
    "Personas alcanzadas": "#reached",
    "Mujeres": "#reached+adults+f",
    "Hombres": "#reached+adults+m",
    "Niñas": "#reached+children+f",
    "Hogares desplazados": "#affected+hh+idps",
    "Muertos": "#affected+killed",
    "Presupuesto (USD)": "#value+budget+usd",
    "Observaciones": "#description",
}
PORTUGUESE = {
    "Província": "#adm1+name",
    "Distrito": "#adm2+name",
    "Código do distrito": "#adm2+code",
    "Posto Administrativo": "#adm3+name",
    "Data do relatório": "#date+reported",
    "Data": "#date",
    "Deslocados internos": "#affected+idps",
    "Agregados familiares": "#affected+hh",
    "Pessoas necessitadas": "#inneed",
    "Feridos": "#affected+injured",
    "Parceiro de implementação": "#org+impl+name",
}
ARABIC = {
    "المحافظة": "#adm1+name",
    "رمز المحافظة": "#adm1+code",
    "الناحية": "#adm3+name",
    "تاريخ التقرير": "#date+reported",
    "المنظمة": "#org",
    "المانح": "#org+funder+name",
    "عدد النازحين": "#affected+idps",
    "عدد الأسر": "#affected+hh",
    "قتلى": "#affected+killed",
    "خط العرض": "#geo+lat",
    "خط الطول": "#geo+lon",
    "حالة المنطقة الخطرة": "#status+hazard",
    "عدد جلسات التوعية": "#output+eore+sessions",
}
UKRAINIAN = {
    "Область": "#adm1+name",
    "Район": "#adm2+name",
    "Громада": "#adm3+name",
    "Населений пункт": "#loc+name",
    "Дата звіту": "#date+reported",
    "Організація": "#org",
    "Кількість ВПО": "#affected+idps",
    "Загинуло": "#affected+killed",
    "Поранено": "#affected+injured",
    "Широта": "#geo+lat",
    "Довгота": "#geo+lon",
    "Статус ділянки": "#status+hazard",
    "Тип ВНП": "#item+eo+type",
    "Площа розмінування, га": "#output+area+cleared+ha",
}
RUSSIAN = {
    "Область": "#adm1+name",
    "Район": "#adm2+name",
    "Дата": "#date",
    "Организация": "#org",
    "Количество беженцев": "#affected+refugees",
    "Погибшие": "#affected+killed",
    "Широта": "#geo+lat",
    "Долгота": "#geo+lon",
}
POPULATION = {
    "ADM0_EN": "#country+name",
    "ADM1_PCODE": "#adm1+code",
    "ADM2_FR": "#adm2+i_fr+name",
    "T_TL": "#population+total",
    "F_TL": "#population+f+total",
    "F_00_04": "#population+age_0_4+f",
    "M_80Plus": "#population+age_80_plus+m",
    "T_05_09": "#population+age_5_9+total",
}
TRACKING = {
    "1.1.a.1: Survey Date": "#date+occurred",
    "admin1Name": "#adm1+name",
    "admin2Pcode": "#adm2+code",
    "2.1.a.1: Total IDP (Households)": "#affected+hh+idps",
    "Total No# of IDPs Ind#": "#affected+idps+ind",
    "Returnee HH": "#affected+hh+returnees",
    "Country of Origin": "#country+name+origin",
    "GPS_latitude": "#geo+lat",
}
MINE_ACTION = {
    "Hazard ID": "#loc+code+hazard",
    "Hazard Type (SHA/CHA)": "#loc+hazard+type",
    "Status of the hazardous area": "#status+hazard",
    "Hazard area size (m2)": "#indicator+area+hazard+m2",
    "Clearance depth (cm)": "#output+clearance+cm+depth",
    "Area cleared (m2)": "#output+area+cleared+m2",
    "Device category": "#item+eo+type",
    "Devices destroyed": "#output+destroyed+eo",
    "Cause of accident": "#cause+eo",
    "Victim type": "#affected+type",
    "Activity at time of accident": "#affected+activity",
    "Persons killed": "#affected+killed",
    "Number of Sessions conducted": "#output+eore+sessions",
    "EORE beneficiaries": "#reached+eore",
    "Female 5-12 years old": "#reached+age_5_12+f",
    "Male 18+ years old": "#reached+age_18_plus+m",
    "Operational method": "#modality+clearance",
    "Direct evidence": "#meta+evidence",
}
CODES_OF_PLACES = {
    "Location": "#country+code",
    "Admin Level": "#geo+admin_level",
    "P-Code": "#adm+code",
    "Name": "#adm+name",
    "Parent P-Code": "#adm+code+parent",
}
STATISTICS = {
    "GHO (CODE)": "#indicator+code",
    "GHO (DISPLAY)": "#indicator+name",
    "YEAR (DISPLAY)": "#date+year",
    "COUNTRY (CODE)": "#country+code",
    "COUNTRY (DISPLAY)": "#country+name",
    "Numeric": "#indicator+num+value",
    "Low": "#indicator+low+value",
    "High": "#indicator+high+value",
}
EPIDEMIC = {
    "Date": "#date",
    "Province": "#adm1+name",
    "Confirmed cases": "#affected+confirmed+infected",
    "Deaths": "#affected+killed",
    "Recovered": "#affected+recovered",
    "New deaths (24h)": "#affected+killed+new",
    "Case fatality rate": "#affected+infected+killed+pct",
}
FUNDING = {
    "Requirements (US$)": "#value+funding+required+usd",
    "Funding (US$)": "#value+funding+total+usd",
    "Funded (%)": "#value+funding+pct",
}
PRICES = {
    "date": "#date",
    "admin1": "#adm1+name",
    "market": "#loc+market+name",
    "category": "#item+type",
    "commodity": "#item+name",
    "unit": "#item+unit",
    "priceflag": "#item+flag+price",
    "pricetype": "#item+price+type",
    "currency": "#currency",
    "price": "#value",
    "usdprice": "#value+usd",
}
COUNTED = {
    "District": "#adm2+name",
    "HHs": "#affected+hh",
    "IDPs": "#affected+idps",
    "Individuals": "#affected+ind",
}
PRESENCE = {
    "Organisation": "#org",
    "Acronym": "#org+acronym",
    "Sector": "#sector",
    "Sub-sector": "#subsector",
    "Activity": "#activity",
    "Donor": "#org+funder+name",
    "District": "#adm2+name",
    "Number of partners": "#org+count+num",
    "Number of districts": "",
}


def found(headers: Sequence[str], **said: str) -> dict[str, str]:
    guessed = TAGGER.infer(headers, **said)
    return {header: guess.hashtag if guess else "" for header, guess in zip(headers, guessed, strict=True)}


@pytest.mark.parametrize(
    ("table", "title"),
    [
        (ENGLISH, ""), (FRENCH, ""), (SPANISH, ""), (PORTUGUESE, ""), (ARABIC, ""), (UKRAINIAN, ""), (RUSSIAN, ""),
        (POPULATION, "Sample population statistics"), (TRACKING, "Sample baseline assessment, DTM"), (MINE_ACTION, ""),
        (CODES_OF_PLACES, ""), (STATISTICS, ""), (EPIDEMIC, ""), (FUNDING, ""), (PRICES, ""), (PRESENCE, ""),
        (COUNTED, ""),
    ],
    ids=["en", "fr", "es", "pt", "ar", "uk", "ru", "population", "tracking", "mine action",
         "codes of places", "statistics", "epidemic", "funding", "prices", "presence", "counted"],
)  # fmt: skip
def test_every_column_of_a_table_gets_its_hashtag(table: dict[str, str], title: str) -> None:
    assert found(list(table), title=title) == table


def test_a_guess_says_how_sure_it_is_and_which_rules_made_it() -> None:
    assert TAGGER.infer(["Total No# of IDPs HH", "Camp of the blue kind and other things", "Name"]) == (
        Inferred("#affected+hh+idps", 0.85, "idps households"),
        None,
        None,
    )


def test_what_is_asked_or_counted_is_no_name() -> None:
    headers = ["Is the location an IDP camp?", "is_camp", "هل هذا الموقع مخيم؟", "Number of districts covered"]
    headers += ["Number of agencies", "Nombre de secteurs"]
    assert found(headers) == dict.fromkeys(headers, "")


def test_a_header_that_is_told_by_half_gets_no_hashtag() -> None:
    assert TAGGER.infer(["People reached by volunteers", "People reached by volunteers twice"]) == (
        Inferred("#reached", 0.8, "reached"),
        None,
    )


def test_what_a_word_alone_means_is_told_by_the_table() -> None:
    assert found(["Women"]) == {"Women": ""}
    assert found(["Women", "People reached"])["Women"] == "#reached+f"
    assert found(["Women", "People in need"])["Women"] == "#inneed+f"
    assert found(["Women", "District"], title="Population statistics of Northfold")["Women"] == "#population+f"
    assert TAGGER.infer(["People targeted", "Men", "People reached", "Men"])[1::2] == (
        Inferred("#targeted+m", 0.85, "male"),
        Inferred("#reached+m", 0.85, "male"),
    )
    assert found(["Locality"])["Locality"] == "#loc+name"
    assert found(["State", "Locality"])["Locality"] == "#adm2+name"
    assert found(["Value"]) == {"Value": ""}
    assert found(["Indicator", "Value"])["Value"] == "#indicator+num+value"


@pytest.mark.parametrize(
    ("header", "declared", "said"),
    [
        ("Health Workers Kidnapped", "#affected+arrested+healthworker", '"+arrested"'),
        ("Hombres", "#targeted+f", '"+f"'),
        ("LGA Pcode", "#adm2+name", '"+name"'),
        ("Admin 1", "#adm2+name", "#adm1"),
        ("Latitude", "#geo+lon", "#geo+lat"),
        ("People reached", "#targeted", "#reached"),
        ("Start date", "#date+end", '"+end"'),
        ("Health Workers Kidnapped", "#affected+healthworker+kidnapped", ""),
        ("Health Workers Kidnapped", "#affected+abducted+healthworker", ""),
        ("Known Kidnapping or Arrest Outcome", "#affected+arrested+healthworker", ""),
        ("IDPs", "#affected+displaced", ""),
        ("Female children", "#reached+children+f", ""),
        ("ADM1_PCODE", "#adm1+v_pcode", ""),
        ("Something else", "#affected+killed", ""),
    ],
)
def test_a_header_and_its_declared_hashtag_that_contradict_each_other_are_told(
    header: str, declared: str, said: str
) -> None:
    told = TAGGER.contradicts(header, declared)
    assert (header in told and said in told) if said else told == ""


@given(st.lists(st.text(max_size=40), max_size=12), st.text(max_size=30))
@settings(max_examples=300, deadline=None)
def test_whatever_headers_are_no_guess_raises_or_is_no_canonical_hashtag(headers: list[str], title: str) -> None:
    guessed = TAGGER.infer(headers, title=title)
    assert len(guessed) == len(headers)
    for guess in guessed:
        assert guess is None or (canonical(guess.hashtag) == guess.hashtag and 0.6 <= guess.confidence <= 1)
    assert guessed == AGAIN.infer(headers, title=title)


@given(st.lists(st.sampled_from([*ENGLISH, *FRENCH, *MINE_ACTION, "F_0_4", "x"]), min_size=1, max_size=4))
@settings(max_examples=200, deadline=None)
def test_headers_run_together_are_still_no_error(parts: list[str]) -> None:
    header = " ".join(parts)
    (guess,) = TAGGER.infer([header])
    assert guess is None or canonical(guess.hashtag) == guess.hashtag
    assert isinstance(TAGGER.contradicts(header, "#affected+f"), str)


def test_all_that_rules_add_is_canonical_and_no_phrase_is_lost_to_filler_words() -> None:
    hxl = rules(Settings(config_dir=None)).hxl
    filler = {word for phrase in hxl.filler for word in header_words(phrase)}
    assert [rule.tag for rule in hxl.tags if not canonical(rule.tag)] == []
    for rule in (*hxl.tags, *hxl.attributes):
        for phrase in (
            phrase for language in type(rule.words).model_fields for phrase in getattr(rule.words, language)
        ):
            words = [word for piece in phrase.split() for word in header_words(piece.removesuffix("*"))]
            left = [word for word in words if word not in filler]
            assert left, f"{rule.id}: {phrase}"
            assert len(left) > 1 or len(words) == 1, f"{rule.id}: of {phrase} only {left} is left"


def test_phrases_stand_together_and_in_order_and_end_openly() -> None:
    phrases = Phrases([(0, "internally displaced"), (1, "displac*"), (2, "food *secur"[:4])])
    assert [match.number for match in phrases.within(header_words("internally displaced"))] == [0, 1]
    assert [match.number for match in phrases.within(header_words("displaced internally"))] == [1]
    with pytest.raises(ValueError, match="no word in it"):
        Phrases([(0, "---")])


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (
            "tags:\n  - {id: a, tag: '#org', word: {en: [x]}}\n",
            'line 2, unknown key "tags.0.word". Did you mean "tags.0.words"',
        ),
        ("tags:\n  - {id: a, tag: org, words: {en: [x]}}\n", "tags.0.tag"),
        ("tags:\n  - {id: a, tag: '#org', words: {en: ['a|b']}}\n", "plain words"),
        ("tags:\n  - {id: a, tag: '#org', words: {}}\n", "no word is given"),
        ("tags:\n  - {id: adm1, tag: '#org', words: {en: [x]}}\n", 'the id "adm1" is there twice'),
        ("tags:\n  - {id: a, tag: '#org', words: {en: [x]}, family: [nobody]}\n", 'there is no family "nobody"'),
    ],
)
def test_a_rule_that_cannot_be_used_is_named_with_its_file_and_its_mend(
    tmp_path: Path, content: str, said: str
) -> None:
    folder = tmp_path / "rules" / "hxl"
    folder.mkdir(parents=True)
    (folder / "zz-ours.yaml").write_text(content, encoding="utf-8")
    with pytest.raises(ConfigurationError) as error:
        rules(Settings(config_dir=tmp_path))
    assert "zz-ours.yaml" in str(error.value)
    assert said in str(error.value)


def test_an_organisation_adds_rules_of_its_own(tmp_path: Path) -> None:
    folder = tmp_path / "rules" / "hxl"
    folder.mkdir(parents=True)
    (folder / "ours.yaml").write_text(
        "tags:\n  - {id: our-team, tag: '#org+team', words: {en: [squad]}}\n", encoding="utf-8"
    )
    ours = rules(Settings(config_dir=tmp_path))
    assert Tagger(ours).infer(["Squad"]) == (Inferred("#org+team", 0.95, "our-team"),)
    assert ours.digest != rules(Settings(config_dir=None)).digest


@pytest.mark.recorded
def test_recorded_headers_in_view_are_read_as_well_as_the_figures_say() -> None:
    found = tally(guess for guess in guesses(TAGGER, tables()) if not held_out(guess.table.repository))
    assert found["base_precision"] >= 0.93
    assert found["base_recall"] >= 0.8
    assert found["full_precision"] >= 0.82
