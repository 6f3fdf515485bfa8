-- Who may get a lead, and whose turn it is. The counters are kept, because counting a million past
-- assignments for each new one takes too long.

alter table rep add column team text;
alter table rep add column languages text[] not null default '{}';
alter table rep add column skills text[] not null default '{}';

-- When reps are not there. A row is withdrawn, never taken away: what was known when stays known.
create table absence (
    id bigint generated always as identity primary key,
    rep_id bigint not null references rep (id),
    starts_at timestamptz not null,
    ends_at timestamptz not null,
    recorded_at timestamptz not null,
    withdrawn_at timestamptz,
    constraint ck_absence_order check (starts_at < ends_at)
);
create index ix_absence_rep_id on absence (rep_id) where withdrawn_at is null;

create table route_counter (
    rep_id bigint primary key references rep (id),
    -- Leads given, less credits.
    given bigint not null default 0,
    -- Millionths of a lead, so that who is new or was away begins level with the others.
    calibration bigint not null default 0,
    -- Thousandths; the weight under which the rep shares.
    weight bigint not null default 0,
    shares boolean not null default false
);

create table route_day (
    rep_id bigint not null references rep (id),
    on_date date not null,
    given bigint not null default 0,
    primary key (rep_id, on_date)
);

create table route_credit (
    hand_off_id uuid primary key references hand_off (id),
    rep_id bigint not null references rep (id),
    reason text not null,
    at timestamptz not null,
    constraint ck_route_credit_reason check (reason in ('no_show', 'not_met', 'review'))
);

create index ix_hand_off_lead_id on hand_off (lead_id);
create index ix_hand_off_ae_id_open on hand_off (ae_id)
    where state = 'open' and ae_id is not null;

insert into route_counter (rep_id, given)
select ae_id, count(*) from hand_off where ae_id is not null group by ae_id;

insert into route_day (rep_id, on_date, given)
select r.id, cast(h.introduced_at at time zone r.time_zone as date), count(*)
from hand_off h join rep r on r.id = h.ae_id
where h.introduced_at is not null
group by 1, 2;
