-- Leads that were merged into another, with all that it takes to undo it.
create table lead_merge (
    id bigint generated always as identity primary key,
    keep_id bigint not null references lead (id),
    drop_id bigint not null references lead (id),
    reasons text[] not null,
    by text not null,
    at timestamptz not null,
    before_place text not null,
    before_reason text,
    before_check_in_on date,
    before_due_at timestamptz,
    -- What the kept lead lacked and has from the other: {column: value}.
    taken jsonb not null,
    -- What had been merged into the dropped lead, and went on with it.
    followed bigint[] not null,
    undone_at timestamptz,
    undone_by text,
    undone_reason text,
    constraint ck_lead_merge_two_leads check (keep_id <> drop_id),
    constraint ck_lead_merge_undone_whole check (
        (undone_at is null) = (undone_by is null) and (undone_at is null) = (undone_reason is null))
);
create unique index uq_lead_merge_standing on lead_merge (drop_id) where undone_at is null;
create index ix_lead_merge_keep_id on lead_merge (keep_id);

-- The touches that a kept lead has by a merge.
create table merged_touch (
    touch_id bigint primary key references touch (id),
    merge_id bigint not null references lead_merge (id)
);
create index ix_merged_touch_merge_id on merged_touch (merge_id);

-- Two leads that may be one person; a person settles it, and then it stays settled.
create table suspected_duplicate (
    lead_id bigint not null references lead (id),
    older_id bigint not null references lead (id),
    reasons text[] not null,
    at timestamptz not null,
    settled text,
    settled_by text,
    settled_at timestamptz,
    constraint pk_suspected_duplicate primary key (lead_id, older_id),
    constraint ck_suspected_duplicate_in_order check (lead_id > older_id),
    constraint ck_suspected_duplicate_settled check (settled in ('merged', 'distinct')),
    constraint ck_suspected_duplicate_settled_whole check (
        (settled is null) = (settled_by is null) and (settled is null) = (settled_at is null))
);
create index ix_suspected_duplicate_open on suspected_duplicate (at) where settled is null;
create index ix_suspected_duplicate_older_id on suspected_duplicate (older_id);

create index ix_lead_duplicate_of on lead (duplicate_of) where duplicate_of is not null;
create index ix_lead_duplicate_email on lead (email) where duplicate_of is not null;
create index ix_lead_account_id on lead (account_id);
-- Why the lead belongs to its account, or to none.
alter table lead add column account_why text;

alter table account
    add column name_key text,
    add column parent_id bigint constraint fk_account_parent_id references account (id),
    add column opportunity_owner_id bigint
        constraint fk_account_opportunity_owner_id references rep (id),
    add constraint ck_account_parent check (parent_id <> id);
create index ix_account_name_key on account (name_key);
create index ix_account_without_key on account (id) where name_key is null;

-- I4: a wish of one address counts for every address of the same person. Such a wish names the
-- address that it came from, and goes when that one's does, or when the leads are told apart.
alter table opt_out add column spread_from text;
create index ix_opt_out_spread_from on opt_out (spread_from) where spread_from is not null;

create function members_of(root bigint) returns table (email text, phone text)
language sql stable as $$
    select l.email, l.phone_e164 from lead l where l.id = root
    union all
    select l.email, l.phone_e164 from lead l where l.duplicate_of = root
$$;

-- Mail addresses for a mail address, numbers for a number.
create function other_addresses(known text) returns setof text language sql stable as $$
    with roots as (
        select l.id as root from lead l where l.email = known and l.duplicate_of is null
        union
        select l.duplicate_of from lead l where l.email = known and l.duplicate_of is not null
        union
        select coalesce(l.duplicate_of, l.id) from lead l where l.phone_e164 = known)
    select distinct case when known like '%@%' then m.email else m.phone end
    from roots r cross join lateral members_of(r.root) m
    where case when known like '%@%' then m.email else m.phone end <> known
$$;

-- Releases look at the advisory lock of each recipient; a wish takes those of all whom it is for,
-- always in one order, so that two of one person wait for each other instead of for ever.
create or replace function lock_opt_out() returns trigger language plpgsql as $$
declare known text;
begin
    for known in
        select a from (select new.address union select other_addresses(new.address)) x (a) order by a
    loop
        perform pg_advisory_xact_lock(hashtextextended(known, 4));
    end loop;
    return new;
end $$;

create function spread_wish() returns trigger language plpgsql as $$
begin
    insert into opt_out (address, channel, source, reason, at, spread_from)
    select a, new.channel, 'another address of the same person', new.reason, new.at, new.address
    from other_addresses(new.address) a order by a
    on conflict (address, channel) do nothing;
    return null;
end $$;
create trigger spread_wish after insert on opt_out
    for each row when (new.spread_from is null) execute function spread_wish();

-- Whoever opted in again after a wish of their other address is not silenced by it.
create function spread_wishes_of(root bigint) returns void language plpgsql as $$
declare known text;
begin
    for known in
        select distinct a from members_of(root) m cross join lateral (values (m.email), (m.phone)) v (a)
        where a is not null order by a
    loop
        perform pg_advisory_xact_lock(hashtextextended(known, 4));
    end loop;
    insert into opt_out (address, channel, source, reason, at, spread_from)
    select distinct on (b.a, o.channel)
        b.a, o.channel, 'another address of the same person', o.reason, o.at, o.address
    from members_of(root) m cross join lateral (values (m.email), (m.phone)) v (a)
    join opt_out o on o.address = v.a and o.spread_from is null
    cross join (
        select n.email as a from members_of(root) n union select n.phone from members_of(root) n) b
    where b.a <> o.address and (b.a like '%@%') = (o.address like '%@%')
      and not exists (select from opt_in i where i.address = b.a and i.at >= o.at)
    order by b.a, o.channel, o.at
    on conflict (address, channel) do nothing;
end $$;

create function spread_wishes() returns trigger language plpgsql as $$
begin
    if new.duplicate_of is not null
        or exists (select from lead l where l.duplicate_of = new.id)
    then
        perform spread_wishes_of(coalesce(new.duplicate_of, new.id));
    end if;
    return null;
end $$;
create trigger spread_wishes after update of email, phone_e164, duplicate_of on lead
    for each row when (
        old.email is distinct from new.email or old.phone_e164 is distinct from new.phone_e164
        or old.duplicate_of is distinct from new.duplicate_of)
    execute function spread_wishes();
create trigger spread_wishes_of_new after insert on lead
    for each row when (new.duplicate_of is not null) execute function spread_wishes();

select spread_wishes_of(l.root)
from (select distinct duplicate_of as root from lead where duplicate_of is not null) l;
