"""The labels name needs and records that are there, and what is told of them is as good as was measured."""

from collections import Counter
from pathlib import Path

import pytest

from config.load import needs
from config.settings import Settings
from tests.bench.needs import judged, measure, read
from tests.sameness.recorded import records

PORTALS = {"hdx", "dtm-list", "dtm-web", "dtm-api", "idmc", "inform"}


def test_labels_name_declared_needs_by_id_once():
    pairs = read("pairs")
    asked = {need.id for need in needs(Settings(config_dir=None)).of()}
    assert len(pairs) >= 200
    assert {row["need"] for row in pairs} == asked
    assert {row["counts"] for row in pairs} == {"yes", "partly", "no"}
    assert Counter((row["need"], row["dataset"]) for row in pairs).most_common(1)[0][1] == 1
    again = {(row["need"], row["dataset"]) for row in read("pairs_again")}
    assert len(again) == 50
    assert again <= {(row["need"], row["dataset"]) for row in pairs}


@pytest.mark.recorded
def test_labels_name_recorded_records(shared: Path):
    known = records()
    assert [row["dataset"] for row in read("pairs") if row["dataset"] not in known] == []
    assert {row["dataset"].partition(":")[0] for row in read("pairs")} >= PORTALS


@pytest.mark.recorded
def test_what_counts_is_told_as_well_as_was_measured(shared: Path):
    found = measure()
    held_out = found["halves"]["second"]
    assert held_out["precision"] >= 0.8
    assert held_out["recall"] >= 0.85
    assert held_out["not_whole_told_whole"] <= 0.1
    assert found["agreement"]["kappa"] >= 0.8


@pytest.mark.recorded
def test_what_no_label_counts_is_seldom_told_whole(shared: Path):
    pairs = [row for row in read("pairs") if row["counts"] == "no"]
    said = judged(pairs)
    whole = [row for row in pairs if said[row["need"], row["dataset"]][0] == "whole"]
    assert len(whole) / len(pairs) <= 0.05
