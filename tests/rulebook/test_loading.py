from __future__ import annotations

from pathlib import Path

import pytest

from baton.errors import RulesError
from baton.rulebook.loading import agreement_from_content, hash_of, load_agreement
from tests.rulebook.documents import TEXT, content, write

RULES = Path(__file__).parents[2] / "rules" / "agreement.yaml"


def line_of(text: str, part: str) -> int:
    return text[: text.index(part)].count("\n") + 1


def section(text: str, pointed: str, remedy: str) -> tuple[str, str, str, str]:
    """Return a broken file with a section more."""
    return "scoring:", f"{text}scoring:", pointed, remedy


def grouped(says: str, pointed: str, remedy: str) -> tuple[str, str, str, str]:
    """Return a broken file with a group of criteria."""
    body = says.replace(", of", "\n    of")
    group = f"sales_qualified_groups:\n  - id: two\n    name: Two\n    {body}\n"
    return "approval:", f"{group}approval:", pointed, remedy


# What is changed in the good file, the part at which the error must point, what it must say.
BROKEN = {
    "unknown key": ("    ask: Who", "    aks: x\n    ask: Who", "aks: x", "did you mean 'ask'"),
    "unknown section": ("approval:", "facs:\n  a: 1\napproval:", "facs", "did you mean 'facts'"),
    "unknown key far from all": ("hot_at: 40", "hot_at: 40\n  zzz: 1", "zzz", "known are fit"),
    "missing key": ("    ask: Who decides?\n", "", "- id: decides", "sales_qualified[1].ask"),
    "wrong type": ("points: 20", "points: many", "points: many", "valid number"),
    "half-life of zero": ("half_life_days: 10}", "half_life_days: 0}", "{touch: webinar", "than 0"),
    "infinite points": ("points: 20", "points: .inf", "points: .inf", "a number that ends"),
    "unknown choice": ("{when: never}", "{when: seldom}", "{when: seldom}", "'never'"),
    "bad identifier": ("- id: size", "- id: Size!", "Size!", "pattern"),
    "repeated key": ("title: How", "title: One\ntitle: How", "title: How", "first on line 1"),
    "repeated id": ("- id: soon", "- id: fits", "- id: fits\n    name: Starts", "already"),
    "repeated touch": ("touch: unsubscribed", "touch: webinar", "{touch: webinar, name: U", "is"),
    "anchor": ("definition: A lead", "definition: &a A lead", "definition:", "anchor"),
    "tag": ("definition: A lead", "definition: !!python/name:os.system A", "definition:", "tag"),
    "not YAML": ("scoring:\n", "scoring: [\n", "- id: size", "not YAML"),
    "unknown fact": ("when: employees", "when: emploees", "emploees", "did you mean 'employees'"),
    "wrong comparison": ("= 'student'", "= 3", "seniority = 3", "cannot be compared"),
    "subquery": ("= 'student'", "= (select 1)", "seniority = (select", "SUBQUERY"),
    "fact taken": ("- name: fleet_size", "- name: employees", "- name: employees", "already"),
    "unreachable total": ("hand_off_at: 30", "hand_off_at: 50", "hand_off_at: 50", "20 = 20"),
    "unreachable floor": ("fit_floor: 10", "fit_floor: 21", "fit_floor: 21", "at most 20 = 20"),
    "too many decimals": ("fit_floor: 10", "fit_floor: 9.125", "fit_floor: 9.125", "two decimals"),
    "hot below total": ("hot_at: 40", "hot_at: 29", "hot_at: 29", "below hand_off_at"),
    "cap of the wrong sign": ("cap: -15", "cap: 15", "cap: 15", "must be below 0"),
    "late reminder": ("[20, 40]", "[20, 60]", "[20, 60]", "too late"),
    "reminders out of order": ("[20, 40]", "[40, 20]", "[40, 20]", "in order"),
    "manager told too late": (
        "acceptance: {within_minutes: 60, on_expiry",
        "acceptance: {within_minutes: 60, escalate_after_minutes: 60, on_expiry",
        "escalate_after_minutes: 60",
        "too late",
    ),
    "manager told twice": ("[20, 40]", "[20], escalate_after_minutes: 50", "50, on", "ends"),
    "borderline without points": ("{when: never}", "{when: borderline}", "{when: bord", "needs"),
    "no criteria": ("- id: fits\n", "- id: fits\n    required: maybe\n", "maybe", "boolean"),
    "unknown expiry": ("step: {within_minutes: 15, on_expiry: escalate}",
                       "step: {within_minutes: 15, on_expiry: shout}", "shout", "'give_up'"),
    "outcome given up": ("[20, 40], on_expiry: escalate", "[20, 40], on_expiry: give_up",
                         "outcome:", "never given up"),
    "persona without titles": section("personas:\n  - {id: boss, name: Boss}\n",
                                      "- {id: boss", "personas[0].titles: is missing"),
    "persona with no titles": section("personas:\n  - {id: boss, name: Boss, titles: []}\n",
                                      "- {id: boss", "at least 1 item"),
    "persona twice": section("personas:\n  - {id: a, name: A, titles: [CEO]}\n"
                             "  - {name: B, titles: [CFO], id: a}\n", "{name: B", "already"),
    "title that is a pattern": section("personas:\n  - {id: a, name: A, titles: ['C.*']}\n",
                                       "- {id: a", "pattern"),
    "no such persona": ("is_decision_maker or", "is_persona('boss') or", "is_persona('boss')",
                        "add it under personas"),
    "no ideal customer": ("is_decision_maker or", "in_ideal_customer or", "in_ideal_customer or",
                          "add ideal_customer"),
    "ideal customer of nothing": section("ideal_customer: {}\n", "ideal_customer", "every company"),
    "range upside down": section("ideal_customer:\n  employees: {at_least: 9, at_most: 8}\n",
                                 "employees: {at_least", "9 is above at_most 8"),
    "range of nothing": section("ideal_customer:\n  revenue_usd: {}\n", "revenue_usd", "at_least"),
    "region twice": section("ideal_customer:\n  regions:\n    - {name: D, countries: [DE]}\n"
                            "    - {countries: [AT], name: D}\n", "{countries: [AT]", "already"),
    "country in words": section("ideal_customer:\n  regions: [{name: D, countries: [Germany]}]\n",
                                "regions:", "pattern"),
    "member not known": grouped("at_least: 1, of: [sooon, fits]", "sooon", "did you mean 'soon'"),
    "member required": grouped("at_least: 1, of: [soon, fits]", "fits]", "required: false"),
    "member twice": grouped("at_least: 1, of: [soon, soon]", "soon]", "counts once"),
    "more than there are": grouped("at_least: 3, of: [soon, soon]", "at_least: 3", "3 of 2"),
    "group of one": grouped("at_least: 1, of: [soon]", "of: [soon]", "at least 2 items"),
    "group of none": grouped("at_least: 0, of: [soon, soon]", "at_least: 0", "greater than 0"),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_refused_with_line_and_remedy(name: str, tmp_path: Path) -> None:
    before, after, pointed, says = BROKEN[name]
    assert before in TEXT
    broken = TEXT.replace(before, after, 1)
    path = write(tmp_path, broken)
    with pytest.raises(RulesError) as refusal:
        load_agreement(path)
    message = str(refusal.value)
    assert message.startswith(f"{path}:{line_of(broken, pointed)}:"), message
    assert says in message


def test_an_error_in_a_condition_is_underlined_at_its_column(tmp_path: Path) -> None:
    path = write(tmp_path, TEXT.replace("or seniority in", "or senority in"))
    with pytest.raises(RulesError) as refusal:
        load_agreement(path)
    place, row, underline = str(refusal.value).splitlines()
    line = TEXT[: TEXT.index("or seniority in")].count("\n") + 1
    assert place.startswith(f"{path}:{line}:36: sales_qualified[1].met_when: there is no fact")
    assert row.strip() == "met_when: is_decision_maker or senority in ('c_level', 'vp')"
    assert row[underline.index("^") : underline.rindex("^") + 1] == "senority"


def test_an_error_in_a_folded_condition_names_its_own_line(tmp_path: Path) -> None:
    folded = "met_when: >-\n      employees > 50\n      and employes < 5000\n"
    broken = TEXT.replace("met_when: employees between 50 and 5000\n", folded, 1)
    path = write(tmp_path, broken)
    with pytest.raises(RulesError) as refusal:
        load_agreement(path)
    assert str(refusal.value).startswith(f"{path}:{line_of(broken, 'employes')}:11: ")


def test_all_errors_are_told_at_once_in_the_files_order(tmp_path: Path) -> None:
    broken = TEXT.replace("points: 20", "points: many").replace("{when: never}", "{when: seldom}")
    path = write(tmp_path, broken)
    with pytest.raises(RulesError) as refusal:
        load_agreement(path)
    lines = str(refusal.value).splitlines()
    assert [line.split(": ")[1] for line in lines] == ["scoring.fit[0].points", "approval.when"]


def test_a_missing_file_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(RulesError, match="is missing; 'baton init' writes one"):
        load_agreement(tmp_path / "agreement.yaml")


def test_a_folder_in_place_of_the_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RulesError, match="cannot be read"):
        load_agreement(tmp_path)


@pytest.mark.parametrize("text", ["", "- a\n- b\n", "just words\n"])
def test_a_file_without_keys_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(RulesError, match="must hold keys and values"):
        load_agreement(write(tmp_path, text))


def test_a_file_that_is_not_utf8_is_refused_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "agreement.yaml"
    path.write_bytes(b"title: x\ndefinition: caf\xe9\n")
    with pytest.raises(RulesError, match=r":2: this is not UTF-8"):
        load_agreement(path)


def test_the_hash_is_of_the_content_and_not_of_comments_or_order(tmp_path: Path) -> None:
    first = load_agreement(write(tmp_path, TEXT))
    lines = TEXT.splitlines(keepends=True)
    second = load_agreement(write(tmp_path, "# a comment\n" + "".join([*lines[1:], lines[0]])))
    assert first.content_hash == second.content_hash == hash_of(content())
    third = load_agreement(write(tmp_path, TEXT.replace("points: 20", "points: 21")))
    assert third.content_hash != first.content_hash


def test_stored_content_reads_as_the_same_agreement(tmp_path: Path) -> None:
    loaded = load_agreement(write(tmp_path, TEXT))
    assert agreement_from_content(loaded.content) == loaded.agreement


def test_stored_content_that_this_release_cannot_read_is_refused_with_its_path() -> None:
    data = content()
    data["scoring"]["fit"][0]["when"] = "nothing_known > 3"
    with pytest.raises(RulesError, match=r"scoring.fit\[0\].when: there is no fact"):
        agreement_from_content(data)


def test_the_agreement_that_ships_is_right() -> None:
    agreement = load_agreement(RULES).agreement
    assert len(agreement.scoring.fit) >= 6
    assert len(agreement.scoring.warmth) >= 6
    assert len(agreement.sales_qualified) >= 7
