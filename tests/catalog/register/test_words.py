"""The words of the sheet: what a file of an installation may say, and what it is told."""

from pathlib import Path

import pytest
import yaml

from catalog.register.words import Words
from config import load
from config.load import SHIPPED, ConfigurationError
from config.settings import Settings


def declared(folder: Path, find: str, replace: str) -> Settings:
    words = (SHIPPED / "vocab" / "register.yaml").read_text(encoding="utf-8")
    assert find in words
    (folder / "vocab").mkdir()
    (folder / "vocab" / "register.yaml").write_text(words.replace(find, replace, 1), encoding="utf-8")
    return Settings(config_dir=folder)


@pytest.mark.parametrize(
    ("find", "replace", "told"),
    [
        ("required: true", "requird: true", 'unknown key "columns.1.requird". Did you mean "columns.1.required"?'),
        ('uk: "Назва"', 'ukr: "Назва"', 'the key "columns.1.title.uk" is missing. Add it.'),
        ("values: admin_level", "values: level_of", 'there is no list "level_of". Add it to "lists"'),
        ('"#meta+title"', '"#meta+id"', 'the hashtag "#meta+id" is there twice. Remove one of them'),
    ],
)
def test_what_cannot_be_used_is_told_with_file_key_and_mend(tmp_path: Path, find: str, replace: str, told: str) -> None:
    settings = declared(tmp_path, find, replace)
    with pytest.raises(ConfigurationError) as raised:
        load.register_sheet(settings)
    assert str(tmp_path / "vocab" / "register.yaml") in str(raised.value)
    assert told in str(raised.value)


def test_a_heading_that_means_two_things_is_refused(tmp_path: Path) -> None:
    sheet = load.register_sheet(declared(tmp_path, '"landmark id"', '"country"'))
    with pytest.raises(ValueError, match='"country" stands for both "id" and "countries"'):
        Words(sheet)


def test_every_heading_and_choice_is_found_in_every_language(words: Words) -> None:
    sheet = yaml.safe_load((SHIPPED / "vocab" / "register.yaml").read_text(encoding="utf-8"))
    for column in sheet["columns"]:
        for heading in (*column["title"].values(), *column["aliases"], column["hxl"]):
            assert words.column(heading) == column["key"]
            assert words.column(f"  {heading.upper()} ") == column["key"]
