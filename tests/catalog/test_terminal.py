"""Tables on a terminal."""

import pytest

from catalog.terminal import table


def test_a_key_stands_whole_on_a_narrow_terminal_and_no_word_is_cut(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    table(("Key", "Title", "State"), [("sample-insecurity-insight", "Samplewithoutanyspace here", "off by default")])
    shown = capsys.readouterr().out
    assert "sample-insecurity-insight " in shown
    assert "…" not in shown
