from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from baton.adapters.quality.gate import QualityGates
from baton.errors import RulesError

RULES = Path("rules/quality")
STAGES = {"qualify", "enrich", "score", "introduce", "book", "transfer"}


def gates_with(folder: Path, text: str) -> QualityGates:
    (folder / "score.yaml").write_text(text, encoding="utf-8")
    return QualityGates(folder)


def test_the_rules_that_come_with_baton_are_sound() -> None:
    checked = QualityGates(RULES).check_rules()
    assert set(checked) >= STAGES
    assert all(count > 0 for count in checked.values())


def test_checking_rules_does_not_import_great_expectations() -> None:
    program = (
        "import sys; from pathlib import Path;"
        "from baton.adapters.quality.gate import QualityGates;"
        "QualityGates(Path('rules/quality')).check_rules();"
        "sys.exit(any(m in sys.modules for m in ('great_expectations', 'pandas')))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "score.yaml:1: a gate is a list"),
        ("a: 1", "score.yaml:1: a gate is a list"),
        ("- [", "not YAML"),
        ("- column: email", "score.yaml:1: a rule begins with '- expect"),
        (
            "# why\n- expect: expect_column_values_to_not_be_nul\n  column: email\n  meaning: x",
            "score.yaml:2: .*Did you mean 'expect_column_values_to_not_be_null'",
        ),
        (
            "- expect: expect_column_mean_to_be_between\n  column: employees\n  meaning: x",
            "cannot use 'expect_column_mean_to_be_between'",
        ),
        (
            "- expect: expect_column_values_to_not_be_null\n  column: emial\n  meaning: x",
            "score.yaml:1: there is no column 'emial'. Did you mean 'email'",
        ),
        ("- expect: expect_column_values_to_not_be_null\n  meaning: x", "needs 'column'"),
        ("- expect: expect_column_values_to_not_be_null\n  column: email", "add 'meaning"),
        (
            (
                "- expect: expect_column_values_to_be_between\n  column: employees\n  min_valu: 1\n"
                "  meaning: x"
            ),
            "has no 'min_valu'. Did you mean 'min_value'",
        ),
        (
            (
                "- expect: expect_column_values_to_match_regex\n  column: email\n  regex: '('\n"
                "  meaning: x"
            ),
            "not a regular expression",
        ),
        (
            (
                "- expect: expect_column_values_to_match_regex\n  column: email\n  regex: 5\n"
                "  meaning: x"
            ),
            "'regex' must be str, not 5",
        ),
        (
            (
                "- expect: expect_column_values_to_be_between\n  column: employees\n"
                "  min_value: yes\n  meaning: x"
            ),
            "'min_value' must be int or float or str, not True",
        ),
        (
            (
                "- expect: expect_column_values_to_be_in_set\n  column: country\n"
                "  value_set: [DE, NO]\n  meaning: x"
            ),
            "YAML reads NO",
        ),
        (
            (
                "- expect: expect_column_values_to_not_be_null\n  column: email\n  mostly: 0.9\n"
                "  meaning: x"
            ),
            "'mostly' is not for gates",
        ),
        (
            (
                "- expect: expect_column_values_to_not_be_null\n  column: email\n"
                "  only_when: {column: emial, being: missing}\n  meaning: x"
            ),
            "no column 'emial'",
        ),
        (
            (
                "- expect: expect_column_values_to_not_be_null\n  column: email\n"
                "  only_when: {column: email}\n  meaning: x"
            ),
            "write 'only_when:",
        ),
    ],
)
def test_a_wrong_rule_is_refused_with_file_line_and_remedy(
    tmp_path: Path, text: str, says: str
) -> None:
    with pytest.raises(RulesError, match=says):
        gates_with(tmp_path, text).check_rules()


def test_an_empty_list_is_a_gate_that_lets_all_pass(tmp_path: Path) -> None:
    gates = gates_with(tmp_path, "[]")
    assert not gates.has("score")
    assert gates.check("score", [{"lead_id": 1}]).passed == (1,)


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RulesError, match="'baton init' writes them"):
        QualityGates(tmp_path / "none").check_rules()


def test_a_file_with_another_ending_is_refused_not_overlooked(tmp_path: Path) -> None:
    (tmp_path / "score.yml").write_text("[]", encoding="utf-8")
    with pytest.raises(RulesError, match=r"ends in \.yaml"):
        QualityGates(tmp_path).check_rules()


def test_every_wrong_rule_is_named_at_once(tmp_path: Path) -> None:
    (tmp_path / "book.yaml").write_text("- column: email\n- expect: nothing\n", encoding="utf-8")
    (tmp_path / "score.yaml").write_text("{}", encoding="utf-8")
    with pytest.raises(RulesError) as refused:
        QualityGates(tmp_path).check_rules()
    lines = str(refused.value).splitlines()
    assert [line.rpartition("/")[2].split(": ")[0] for line in lines] == [
        "book.yaml:1",
        "book.yaml:2",
        "score.yaml:1",
    ]
