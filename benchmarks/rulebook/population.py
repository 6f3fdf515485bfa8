"""Invented leads and touches in any number, from a seed, skewed as real ones are.

A few leads do most of what is done, most fields are missing for many, and touches lie in the table
in the order in which they came, not lead by lead.
"""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import Engine, text

SEED = 20260302
AS_OF = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
# A prime that divides no round number of leads: it spreads the busy ones over the table.
_STRIDE = 7919

# A number in [0, 1) that depends on nothing but its arguments, whatever plan the server chooses.
_DICE = """create or replace function dice(number bigint, throw int) returns float8
    language sql immutable parallel safe
    return (hashint8extended(number, :seed * 1000 + throw) & 4503599627370495) / 4503599627370496.0
"""
_ACCOUNTS = """
insert into account (id, domain, name, industry, employees, revenue_usd, country)
select n, 'company-' || n || '.example', 'Company ' || n,
    case when dice(n, 1) < 0.8
        then (array['software','retail','logistics','health','finance'])[1 + floor(dice(n, 2) * 5)]
    end,
    case when dice(n, 3) < 0.75 then floor(power(10, dice(n, 4) * 4.5)) end,
    case when dice(n, 5) < 0.6 then floor(power(10, 4 + dice(n, 6) * 5)) end,
    case when dice(n, 7) < 0.85
        then (array['US','US','US','GB','DE','FR','IN','JP','PL','CA'])[1 + floor(dice(n, 8) * 10)]
    end
from generate_series(1, :leads / 5) n
"""
_INTAKES = """
insert into intake (id, source, key, at)
select n, 'bench', 'bench-' || n, :as_of from generate_series(1, :leads) n
"""
_LEADS = """
insert into lead (id, intake_id, external_id, email, phone_e164, given_name, family_name, title,
    seniority, function, company, domain, country, time_zone, language, origin, needs, custom,
    answers, account_id, status, place, check_in_on, created_at, changed_at, qualified_at)
select n, n, 'B-' || n,
    case when dice(n, 11) < 0.97 then
        case when dice(n, 12) < 0.03 then 'info' else 'person' end || n || '@' ||
        case when dice(n, 13) < 0.2 then 'freemail.example' else 'company-' || a || '.example' end
    end,
    case when dice(n, 14) < 0.35 then '+1202555' || lpad((n % 10000)::text, 4, '0') end,
    'Given' || n, 'Family' || n,
    case when dice(n, 15) < 0.7 then
        (array['CEO','VP Sales','Head of Marketing','Sales Manager','Analyst','Student','Engineer',
               'Chief Revenue Officer'])[1 + floor(dice(n, 16) * 8)] end,
    case when dice(n, 17) < 0.7 then
        (array['c_level','vp','director','manager','individual','individual','student','owner'])
        [1 + floor(dice(n, 18) * 8)] end,
    case when dice(n, 19) < 0.6 then
        (array['marketing','sales','finance','it','operations','other'])
        [1 + floor(dice(n, 20) * 6)] end,
    'Company ' || a, 'company-' || a || '.example',
    case when dice(n, 21) < 0.5 then
        (array['US','GB','DE','FR','IN','BR'])[1 + floor(dice(n, 22) * 6)] end,
    'America/New_York', 'en',
    (array['organic_search','paid_search','email','referral'])[1 + floor(dice(n, 23) * 4)],
    case when dice(n, 24) < 0.15 then 'Leads get lost between two teams.' end,
    case when dice(n, 25) < 0.02 then '{"student_project": "yes"}' else '{}' end::jsonb,
    case when dice(n, 26) < 0.1 then
        jsonb_build_object('is_decision_maker', dice(n, 27) < 0.5,
            'starts_within_months', floor(dice(n, 28) * 24),
            'has_budget', dice(n, 29) < 0.4)
        else '{}' end,
    case when dice(n, 30) < 0.9 then a end,
    'nurture', 'nurture', date '2036-01-01', :as_of, :as_of, :as_of
from generate_series(1, :leads) n,
    lateral (select 1 + floor(power(dice(n, 31), 2) * (:leads / 5 - 1))::bigint as a) company
"""
# What triggers do where they are not put off.
PLACES = """
insert into lead_place (place, is_new, check_in_on, lead_id)
select place, is_new(place, qualified_at, changed_at), coalesce(check_in_on, '9999-12-31'), id
from lead
"""
_TOUCHES = """
insert into touch (lead_id, kind, at, detail)
select 1 + (floor(:leads * power(dice(n, 41), 2.2))::bigint * :stride) % :leads,
    case
        when k < 0.40 then 'page_view' when k < 0.65 then 'email_open'
        when k < 0.77 then 'email_click' when k < 0.83 then 'download'
        when k < 0.87 then 'webinar' when k < 0.93 then 'pricing_page'
        when k < 0.96 then 'reply' when k < 0.98 then 'call'
        when k < 0.99 then 'demo_request' when k < 0.998 then 'unsubscribed'
        else 'competitor' end,
    -- Ever busier: the density rises towards today.
    cast(:as_of as timestamptz)
        - interval '730 days' * power((:touches - n) / cast(:touches as float8), 1.5)
        - interval '1 minute',
    ''
from generate_series(1, :touches) n, lateral (select dice(n, 42) as k) kind
on conflict do nothing
"""


def populate(engine: Engine, *, leads: int, touches: int) -> None:
    """Fill an empty, migrated database; the same numbers give the same rows.

    Args:
        engine: As a superuser, who may put off the checks of single rows.
        leads: How many; a fifth as many accounts.
        touches: How many, all of them before `AS_OF`.
    """
    values = {"leads": leads, "touches": touches, "as_of": AS_OF, "stride": _STRIDE}
    with engine.begin() as connection:
        # Millions of rows whose references are right by construction.
        connection.execute(text("set local session_replication_role = replica"))
        connection.execute(text(_DICE.replace(":seed", f"{SEED}::bigint")))
        for statement in (_ACCOUNTS, _INTAKES, _LEADS, PLACES, _TOUCHES):
            connection.execute(text(statement), values)
        connection.execute(text("drop function dice"))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("vacuum analyze"))
