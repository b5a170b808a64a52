"""Levels rise by rules and fall only by stewards."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from catalog.records import ColumnRecord, DatasetRecord, PortalFlag
from catalog.sensitivity import Assertion, Sensitivity, effective
from catalog.vocabulary import Level
from config.load import rules
from config.settings import Settings

RULES = Sensitivity(rules(Settings()).sensitivity)
TODAY = date(2026, 11, 1)


def said(level: Level | None, by: str = "rule", second: str = "") -> Assertion:
    return Assertion(
        "dataset", level, by, "sample", "sample-rule", 1, "sample", "sample", actor="A. Sample", accepted_by=second
    )


ANY = st.lists(st.builds(said, st.sampled_from([None, *Level]), st.sampled_from(["rule", "portal", "owner"])))


@given(ANY, ANY)
def test_without_a_steward_a_level_never_falls(before: list[Assertion], more: list[Assertion]) -> None:
    first, then = effective(before), effective([*before, *more])
    assert (then.level.rank if then.level else -1) >= (first.level.rank if first.level else -1)
    assert then.withhold_links >= first.withhold_links


@given(ANY)
def test_the_strictest_assertion_is_the_basis(assertions: list[Assertion]) -> None:
    levels = [assertion.level for assertion in assertions if assertion.level]
    found = effective(assertions)
    assert found.level == max(levels, key=lambda level: level.rank, default=None)
    assert (found.basis.level if found.basis else None) == found.level


def test_a_steward_lowers_high_alone_and_severe_only_with_a_second() -> None:
    low = said(Level.LOW_NO, "steward")
    assert effective([said(Level.HIGH), low]).name == "low_no"
    assert effective([said(Level.SEVERE), low]).name == "severe"
    assert effective([said(Level.SEVERE), said(Level.LOW_NO, "steward", "second steward")]).name == "low_no"
    assert effective([said(Level.HIGH), low, said(Level.MODERATE)]).name == "moderate"
    assert effective([]).name == "unclassified"


def test_a_scan_alone_raises_attention_not_walls() -> None:
    record = DatasetRecord("a", {"en": "Sample"}, flags=(PortalFlag("pii_report_flag", "FINDINGS", "r1"),))
    found = RULES.asserted(record, frozenset(), TODAY)
    assert [(a.rule, a.level, a.withhold_links) for a in found] == [("portal-pii-findings", None, False)]
    assert effective(found).name == "unclassified"


def test_quarantine_withholds_links_without_a_level() -> None:
    record = DatasetRecord("a", {"en": "Sample"}, flags=(PortalFlag("in_quarantine", "true", "r1"),))
    found = effective(RULES.asserted(record, frozenset(), TODAY))
    assert (found.name, found.withhold_links) == ("unclassified", True)


def test_coordinates_are_judged_by_what_they_locate() -> None:
    record = DatasetRecord("a", {"en": "Sample"}, columns=(ColumnRecord("", 0, "Lat", "#geo+lat"),))
    assert effective(RULES.asserted(record, frozenset(), TODAY)).name == "moderate"
    hazards = effective(RULES.asserted(record, frozenset({"clearance"}), TODAY))
    assert (hazards.name, hazards.basis.rule if hazards.basis else "") == ("high", "header-hazard-coordinates")


def test_evidence_names_rule_and_field_and_when_to_look_again() -> None:
    record = DatasetRecord("a", {"en": "Sample"}, columns=(ColumnRecord("", 0, "Victim's name"),))
    [found] = RULES.asserted(record, frozenset(), TODAY)
    assert (found.scope, found.basis, found.evidence, found.review_by) == (
        "column", "column name", 'header contains "victim name"', date(2027, 5, 1),
    )  # fmt: skip
