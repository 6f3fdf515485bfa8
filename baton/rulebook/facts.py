"""The vocabulary: what a condition in the agreement may speak of, with type, unit and source."""

from __future__ import annotations

from dataclasses import dataclass, field

from baton.domain.custom import custom_key
from baton.rulebook.agreement import Agreement, FactRule, FactType
from baton.rulebook.fragments import days_since, imported, listed, named, text_or_null, told
from baton.rulebook.points import TENTHS
from baton.rulebook.targets import IDEAL, Target, ideal_target, persona_target

TEXT, NUMBER, BOOLEAN = FactType.TEXT, FactType.NUMBER, FactType.BOOLEAN

TOUCH_KINDS = (
    "page_view",
    "pricing_page",
    "email_open",
    "email_click",
    "download",
    "webinar",
    "demo_request",
    "reply",
    "call",
    "unsubscribed",
    "competitor",
)
FREE_MAIL = (
    "aol.com",
    "freemail.example",
    "gmail.com",
    "gmx.de",
    "gmx.net",
    "googlemail.com",
    "hotmail.com",
    "icloud.com",
    "live.com",
    "mail.com",
    "mail.ru",
    "outlook.com",
    "proton.me",
    "protonmail.com",
    "qq.com",
    "web.de",
    "yahoo.com",
    "ymail.com",
)
DISPOSABLE_MAIL = (
    "10minutemail.com",
    "dispostable.com",
    "guerrillamail.com",
    "maildrop.cc",
    "mailinator.com",
    "sharklasers.com",
    "temp-mail.org",
    "throwaway.example",
    "trashmail.com",
    "yopmail.com",
)
ROLE_ADDRESSES = (
    "admin",
    "billing",
    "careers",
    "contact",
    "hello",
    "help",
    "hr",
    "info",
    "jobs",
    "marketing",
    "noreply",
    "no-reply",
    "office",
    "postmaster",
    "sales",
    "support",
    "webmaster",
)


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that is known of a lead, or is unknown (NULL).

    Attributes:
        name: What conditions call it.
        type: What its values are.
        unit: What a number counts, or how a text is written; empty where there is none.
        meaning: One sentence for people.
        source: Where it comes from.
        live: SQL over `l` (the lead; `told` and `imported` are its answers and its custom
            columns, `mail_name` and `mail_domain` its address), `a` (account) and `t` (what the
            lead did); of a score, over the sums of points.
        answerable: True when the SDR's answer of the same name settles it.
    """

    name: str
    type: FactType
    unit: str
    meaning: str
    source: str
    live: str
    answerable: bool = False


def _known(name: str, unit: str, meaning: str, *, column: str = "") -> Fact:
    """A text field of the lead; the SDR's answer comes before what was imported."""
    answer = told(TEXT, name)
    field = f"l.{column or named(name)}"
    return Fact(name, TEXT, unit, meaning, "lead", f"coalesce({answer}, {field})", answerable=True)


def _of_account(
    name: str, fact_type: FactType, unit: str, meaning: str, *, column: str = ""
) -> Fact:
    answer = told(fact_type, name)
    field = f"a.{column or name}"
    value = field if fact_type is TEXT else f"cast({field} as numeric)"
    live = f"coalesce({answer}, {value})"
    return Fact(name, fact_type, unit, meaning, "account", live, answerable=True)


def _seen(name: str, fact_type: FactType, unit: str, meaning: str, live: str) -> Fact:
    return Fact(name, fact_type, unit, meaning, "lead", live)


def _told(
    name: str, fact_type: FactType, meaning: str, *, unit: str = "", column: str = ""
) -> Fact:
    """A fact that the SDR's answers hold, or else a column of the import that Baton keeps."""
    # As files are kept, or under the very name by which the API was given it.
    names = dict.fromkeys((column or name, custom_key(column or name)))
    live = f"coalesce({told(fact_type, name)}, {imported(fact_type, names)})"
    return Fact(name, fact_type, unit, meaning, "answer or import", live, answerable=True)


_COUNTRY = f"coalesce({told(TEXT, 'country')}, l.country, a.country)"

BUILT_IN = (
    _known("title", "as written", "The job title."),
    _known(
        "seniority",
        "c_level, owner, vp, director, manager, individual, student",
        "How high the person stands, read from the title.",
    ),
    _known(
        "function",
        "marketing, sales, finance, it, operations, hr, other",
        "What the person works on, read from the title.",
    ),
    _known("company", "as written", "The company's name as the lead gave it."),
    Fact(
        "country",
        TEXT,
        "ISO 3166 code, such as DE",
        "Where the person works; the company's country where that is unknown.",
        "lead, account",
        _COUNTRY,
        answerable=True,
    ),
    _known("time_zone", "IANA name", "The person's time zone."),
    _known("language", "ISO 639 code", "The person's language."),
    _known("origin", "as imported", "How the lead came to us, such as organic_search."),
    _known("campaign", "as imported", "The campaign that brought the lead."),
    _known("needs", "free text", "What the lead wants solved, in words."),
    _known("timetable", "free text", "When the lead wants to start, in words."),
    _known("preferred_channel", "mail or phone", "How the lead wants to be reached."),
    _seen(
        "domain",
        TEXT,
        "such as acme.example",
        "The domain of the company.",
        text_or_null("lower(l.domain)"),
    ),
    _seen("has_email", BOOLEAN, "", "There is a mail address.", "(l.email is not null)"),
    _seen(
        "has_phone", BOOLEAN, "", "There is a usable phone number.", "(l.phone_e164 is not null)"
    ),
    _seen(
        "free_mail",
        BOOLEAN,
        "",
        "The mail address is with a free mail service.",
        f"(l.mail_domain in ({listed(FREE_MAIL)}))",
    ),
    _seen(
        "disposable_mail",
        BOOLEAN,
        "",
        "The mail address is with a service for throw-away addresses.",
        f"(l.mail_domain in ({listed(DISPOSABLE_MAIL)}))",
    ),
    _seen(
        "role_address",
        BOOLEAN,
        "",
        "The mail address is a role's, such as info@, not a person's.",
        f"(l.mail_name in ({listed(ROLE_ADDRESSES)}))",
    ),
    _of_account("employees", NUMBER, "people", "How many people the company employs."),
    _of_account("revenue_usd", NUMBER, "US dollars a year", "The company's revenue."),
    _of_account("industry", TEXT, "as in the company list", "What the company does."),
    _of_account(
        "account_country", TEXT, "ISO 3166 code", "Where the company is seated.", column="country"
    ),
    _told("is_decision_maker", BOOLEAN, "The person decides on, or signs, the purchase."),
    _told("has_budget", BOOLEAN, "Money is set aside."),
    _told("has_need", BOOLEAN, "The lead has a need that we serve."),
    _told("replaces_something", BOOLEAN, "The lead wants to replace what it has now."),
    _told("ready_to_buy", BOOLEAN, "The lead says that it is ready to buy."),
    _told("starts_within_months", NUMBER, "When the lead wants to start.", unit="months from now"),
    Fact(
        "days_since_last_touch",
        NUMBER,
        "days",
        "Days since the lead last did anything; unknown if it never did.",
        "touches",
        days_since('t."days_since_last_touch"'),
    ),
    Fact(
        "requested_demo",
        BOOLEAN,
        "",
        "The lead has asked for a demo at any time.",
        "touches",
        'coalesce(t."requested_demo", false)',
    ),
    Fact(
        "attended",
        BOOLEAN,
        "",
        "The lead has attended a webinar at any time.",
        "touches",
        'coalesce(t."attended", false)',
    ),
)

IDEAL_CUSTOMER = Fact(
    IDEAL, BOOLEAN, "", "The company is one that the agreement wants.", "ideal_customer", ""
)

SCORES = tuple(
    Fact(name, NUMBER, "points", meaning, "score", f"({TENTHS[name]} * 0.1)")
    for name, meaning in (
        ("fit_points", "Points for what the lead and its company are."),
        ("warmth_points", "Points for what the lead did, decayed to the instant."),
        ("total_points", "Fit and warmth together."),
    )
)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Everything that a condition may name.

    Attributes:
        facts: Every fact by its name.
        touch_kinds: The kinds that touches(...) and days_since(...) may ask for.
        targets: What `in_ideal_customer` stands for, and each persona by its id.
    """

    facts: dict[str, Fact]
    touch_kinds: tuple[str, ...]
    targets: dict[str, Target] = field(default_factory=dict)


def company_fact(rule: FactRule) -> Fact:
    """Return the fact that a company added in its agreement."""
    return _told(rule.name, rule.type, rule.meaning, column=rule.column or "")


def vocabulary_of(agreement: Agreement, *, with_scores: bool) -> Vocabulary:
    """Return what the agreement's conditions may name.

    Args:
        agreement: Its `facts` section and the touch kinds it scores are added to the built-in.
        with_scores: True for conditions that are judged after the scoring.
    """
    facts = {fact.name: fact for fact in BUILT_IN}
    facts |= {rule.name: company_fact(rule) for rule in agreement.facts}
    if with_scores:
        facts |= {fact.name: fact for fact in SCORES}
    targets = {persona.id: persona_target(persona) for persona in agreement.personas}
    if agreement.ideal_customer is not None:
        facts[IDEAL] = IDEAL_CUSTOMER
        targets[IDEAL] = ideal_target(agreement.ideal_customer)
    scored = (rule.touch for rule in agreement.scoring.warmth)
    return Vocabulary(facts, tuple(dict.fromkeys((*TOUCH_KINDS, *scored))), targets)


def answerable_facts(agreement: Agreement) -> dict[str, FactType]:
    """Return what an SDR may answer, with the type of the answer.

    That is every fact that a person can know, and every criterion by its id: a yes or no to a
    criterion's question settles it where the facts leave it unknown.
    """
    facts = vocabulary_of(agreement, with_scores=False).facts.values()
    return {fact.name: fact.type for fact in facts if fact.answerable} | {
        criterion.id: BOOLEAN for criterion in agreement.sales_qualified
    }
