from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from baton.errors import InputError
from baton.intake.mapping import Mapping, load_mapping, resolve, skeleton

HUBSPOT = (
    "Record ID",
    "First Name",
    "Last Name",
    "Email",
    "Phone Number",
    "Job Title",
    "Company Name",
    "Country/Region",
    "Original Source",
    "Lifecycle Stage",
    "Preferred language",
    "Website URL",
    "Opted out of email: One to One",
)
SALESFORCE = (
    "Id",
    "FirstName",
    "LastName",
    "Email",
    "Phone",
    "Title",
    "Company",
    "Country",
    "LeadSource",
    "Description",
    "HasOptedOutOfEmail",
    "Rating",
)
OLIST = ("mql_id", "first_contact_date", "landing_page_id", "origin")


def test_hubspots_headers_are_recognised() -> None:
    columns = resolve(HUBSPOT, None, file="x.csv")
    assert columns.source == "hubspot"
    assert columns.custom == {"lifecycle_stage": 9}
    assert columns.fields["title"] == (5,)
    assert columns.fields["opted_out"] == (12,)


def test_salesforces_headers_are_recognised() -> None:
    columns = resolve(SALESFORCE, None, file="x.csv")
    assert columns.source == "salesforce"
    assert columns.custom == {"rating": 11}
    assert columns.fields["origin"] == (8,)
    assert columns.fields["notes"] == (9,)


def test_batons_own_headers_are_recognised() -> None:
    columns = resolve(("external_id", "email", "given_name", "budget"), None, file="x.csv")
    assert (columns.source, columns.custom) == ("baton", {"budget": 3})


def test_unknown_headers_are_refused_with_a_mapping_that_works() -> None:
    with pytest.raises(InputError) as refused:
        resolve(OLIST, None, file="x.csv")
    written = str(refused.value).split("\n\n", 1)[1]
    mapping = Mapping.model_validate(yaml.safe_load(written))
    assert mapping.columns == {"external_id": "mql_id", "origin": "origin"}
    assert resolve(OLIST, mapping, file="x.csv").custom.keys() == {
        "first_contact_date",
        "landing_page_id",
    }


def test_a_skeleton_names_the_columns_left_over() -> None:
    assert "custom: [first_contact_date, landing_page_id]" in skeleton(OLIST)


def test_a_mapping_that_names_no_column_of_the_file_says_what_exists() -> None:
    mapping = Mapping(source="olist", columns={"external_id": "mql"})
    with pytest.raises(InputError, match=r"'mql'.*Its columns are: mql_id, first_contact_date"):
        resolve(OLIST, mapping, file="x.csv")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("source: x\ncolumns: {e-mail: a}", "did you mean 'email'"),
        ("source: x\nspalten: {}", "spalten"),
        ("source: X!", "source"),
        ("- a", "dictionary|Mapping"),
        ("source: [", "Cannot read"),
    ],
)
def test_a_wrong_mapping_is_refused_by_name(tmp_path: Path, content: str, says: str) -> None:
    path = tmp_path / "map.yaml"
    path.write_text(content)
    with pytest.raises(InputError, match=says):
        load_mapping(path)


def test_the_examples_mapping_fits_its_file() -> None:
    columns = resolve(OLIST, load_mapping(Path("docs/examples/olist-map.yaml")), file="x.csv")
    assert columns.source == "olist"
    assert columns.constants == {"country": "BR"}
