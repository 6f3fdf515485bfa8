from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baton.intake.likeness import Alike
from baton.intake.people_alike import Person, compare_people, mailbox_of

FIRM = "firm.example"


def person(said: str) -> Person:
    """Read "Given,Family,address,phone,title"; what is missing at the end is unknown."""
    given_name, family_name, email, phone, title = (said.split(",") + [""] * 5)[:5]
    return Person(
        given_name=given_name or None,
        family_name=family_name or None,
        email=email or None,
        phone=phone or None,
        title=title or None,
    )


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("Ann,Berg,a@firm.example", "ANN,BERG,ann.b@firm.example", "same"),
        ("Jürgen,Groß,jg@firm.example", "Juergen,Gross,gross@firm.example", "same"),
        ("Юлия,Соколова,ys@firm.example", "Yuliya,Sokolova,j@firm.example", "same"),
        ("Ann,Berg,a@firm.example", "Berg,Ann,b@firm.example", "same"),
        ("Bob,Hill,b@firm.example", "Robert,Hill,rh@firm.example", "same"),
        ("Bob,Hill,bob.hill@firm.example", "Robert,Hill,robert@firm.example", "unsure"),
        ("Ann,Berg,ann.berg@firm.example", "Ann,Berg,ann.berg2@firm.example", "unsure"),
        ("Ann,Berg,a@firm.example,,CFO", "Ann,Berg,b@firm.example,,Recruiter", "unsure"),
        ("Tom,Meyer,tom.meyer@firm.example", "Tom,Maier,tom.maier@firm.example", "unsure"),
        ("Max,Feldmann,max.feldmann@firm.example", "Max,Feldman,m.feldmann@firm.example", "same"),
        ("A,Berg,a@firm.example", "Ann,Berg,b@firm.example", "unsure"),
        ("Ann,Berg,a@firm.example", "Ann,Hill,a.hill@firm.example", "different"),
        ("Ann,Berg,a@firm.example", "Ann,Berg-Hill,ah@firm.example", "unsure"),
        ("Ann,Berg,a@firm.example", "Tim,Berg,t@firm.example", "different"),
        ("Ann,Berg,a@firm.example", "Ann,Berg,a@other.example", "different"),
        ("Ann,Berg,a@gmail.com", "Ann,Berg,b@gmail.com", "different"),
        ("Ann,Berg,ann.berg@gmail.com", "Ann,Berg,annberg+x@googlemail.com", "same"),
        ("Ann,Berg,a@gmail.com,+49301", "Anne,Berg,x@firm.example,+49301", "same"),
        ("Ann,Berg,,+49301", "Tim,Berg,,+49301", "different"),
        ("Ann,Berg,,+49301", "Ann,Hill,,+49301", "unsure"),
        ("Ann,Berg,x@firm.example,+49301", ",,,+49301", "same"),
        ("Ann,Berg,x@firm.example,+49301", ",,y@firm.example,+49301", "unsure"),
        ("Ann,Berg,info@firm.example", "Tim,Hill,info@firm.example", "unsure"),
        ("George,Fox Sr.,,+49301", "George,Fox Jr.,,+49301", "different"),
        ("Unknown,Unknown,a@firm.example", "Unknown,Unknown,b@firm.example", "different"),
        (",,,", ",,,", "different"),
    ],
)
def test_people_are_told_apart_and_in_doubt_nothing_is_said(
    one: str, other: str, alike: str
) -> None:
    found = compare_people(person(one), person(other))
    assert (found.alike, bool(found.reasons)) == (alike, True)


words = st.text(max_size=12) | st.sampled_from(["Ann", "Berg", "O'Neil", "李", "von", "Dr.", "x"])
people = st.builds(
    Person,
    given_name=st.none() | words,
    family_name=st.none() | words,
    email=st.none() | st.sampled_from(["a@firm.example", "b@firm.example", "@", "x", "info@a.b"]),
    phone=st.none() | st.sampled_from(["+4930", "+4931"]),
    company=st.none() | words,
    title=st.none() | words,
    country=st.sampled_from([None, "DE", "GB"]),
)


@given(people, people)
def test_it_does_not_matter_who_stands_first(one: Person, other: Person) -> None:
    assert compare_people(one, other).alike == compare_people(other, one).alike


@given(people)
def test_who_has_one_mailbox_and_one_name_is_never_told_apart(one: Person) -> None:
    if mailbox_of(one.email):
        assert compare_people(one, one).alike is not Alike.DIFFERENT
