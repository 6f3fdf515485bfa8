-- What leads did is judged kind by kind: their touches lie in an index in that order.
alter table touch
    add constraint uq_touch_lead_id_kind_at_detail unique (lead_id, kind, at, detail),
    drop constraint uq_touch_lead_id_at_kind_detail;

-- Leads change often: there is room for it where they are.
alter table lead set (fillfactor = 90);

-- Of most moves nothing is asked.
drop trigger guard_status on lead;
create trigger guard_status before update of status, place, owner_id on lead for each row when (
    new.owner_id is distinct from old.owner_id
    or new.status in ('suspect', 'sales_qualified') and new.status <> old.status
    or new.place = 'nurture' and old.status = 'suspect')
    execute function guard_lead_status();

-- Texts that conditions read are never blank, and have no blanks around them.
create function trim_lead() returns trigger language plpgsql as $$
begin
    new.title = nullif(btrim(new.title), '');
    new.seniority = nullif(btrim(new.seniority), '');
    new.function = nullif(btrim(new.function), '');
    new.company = nullif(btrim(new.company), '');
    new.country = nullif(btrim(new.country), '');
    new.time_zone = nullif(btrim(new.time_zone), '');
    new.language = nullif(btrim(new.language), '');
    new.origin = nullif(btrim(new.origin), '');
    new.campaign = nullif(btrim(new.campaign), '');
    new.needs = nullif(btrim(new.needs), '');
    new.timetable = nullif(btrim(new.timetable), '');
    new.preferred_channel = nullif(btrim(new.preferred_channel), '');
    return new;
end $$;
create function trim_account() returns trigger language plpgsql as $$
begin
    new.country = nullif(btrim(new.country), '');
    new.industry = nullif(btrim(new.industry), '');
    return new;
end $$;
create trigger a_trim before insert or update of title, seniority, function, company, country,
    time_zone, language, origin, campaign, needs, timetable, preferred_channel on lead
    for each row execute function trim_lead();
create trigger a_trim before insert or update of country, industry on account
    for each row execute function trim_account();
update lead set title = title where exists (
    select from unnest(array[title, seniority, function, company, country, time_zone, language, origin,
        campaign, needs, timetable, preferred_channel]) t (words)
    where words = '' or words <> btrim(words));
update account set country = country where exists (
    select from unnest(array[country, industry]) t (words) where words = '' or words <> btrim(words));

-- What conditions ask of every lead is worked out when it is written.
alter table lead
    add column mail_name text generated always as (lower(split_part(email, '@', 1))) stored,
    add column mail_domain text generated always as (lower(split_part(email, '@', 2))) stored,
    add column title_words text generated always as (
        ' ' || lower(regexp_replace(title, '\W+', ' ', 'g')) || ' ') stored;

-- What a judgement says of what a lead did, is said of those warmth rules alone that counted touches of
-- which anything is left, five numbers each; what decay left of them is no longer among the facts.
-- Points are whole tenths.
alter table judgement disable trigger append_only;
alter table fact_list disable trigger append_only;
alter table judgement rename column warmth_tenths to were_tenths;
alter table judgement
    add column fit_tenths integer,
    add column warmth_tenths integer,
    add column did bigint[];

-- The places of each list's numbers: what decay left, as judgements before 0003 have it, and the rest.
create temporary table numbers_of on commit drop as
    select f.id as fact_list_id,
        array_agg(n.place order by n.place) filter (where n.is_left) as left_at,
        coalesce(array_agg(n.place order by n.place) filter (where not n.is_left), '{}') as facts_at
    from fact_list f left join lateral (
        select row_number() over (order by u.place) as place, u.key like 'left(%' as is_left
        from unnest(f.keys, f.types) with ordinality u (key, type, place) where u.type = 'numeric'
    ) n on true
    group by f.id;

update judgement j set did = n.did, numbers = n.numbers,
    fit_tenths = 10 * j.fit_points, warmth_tenths = 10 * j.warmth_points
from (
    select old.lead_id, old.judging_id, d.did,
        case when o.left_at is null then old.numbers else array(
            select old.numbers[p.place] from unnest(o.facts_at) with ordinality p (place, number)
            order by p.number) end as numbers
    from judgement old
    join judging g on g.id = old.judging_id
    join numbers_of o using (fact_list_id)
    cross join lateral (
        select case when o.left_at is null then old.millionths else array(
            select cast(old.numbers[p.place] * 1000000 as bigint)
            from unnest(o.left_at) with ordinality p (place, number) order by p.number
        ) end as millionths
    ) k
    cross join lateral (
        select coalesce(array_agg(array[
                u.place, u.times, cast(extract(epoch from u.last_at) * 1000000 as bigint),
                u.millionths, coalesce(u.tenths, 0)
            ] order by u.place), '{}') as did
        from unnest(old.did_times, old.did_last_at, k.millionths, old.were_tenths)
            with ordinality u (times, last_at, millionths, tenths, place)
        where u.millionths > 0
    ) d
) n
where n.lead_id = j.lead_id and n.judging_id = j.judging_id;

-- A list keeps its hash, which no judging to come asks for.
update fact_list f set keys = kept.keys, types = kept.types
from (
    select f.id, coalesce(array_agg(u.key order by u.place), '{}') as keys,
        coalesce(array_agg(u.type order by u.place), '{}') as types
    from fact_list f left join lateral unnest(f.keys, f.types) with ordinality u (key, type, place)
        on u.key not like 'left(%'
    group by f.id
) kept
where kept.id = f.id and kept.keys <> f.keys;

alter table judgement
    drop column fit_points, drop column warmth_points, drop column total_points,
    drop column did_times, drop column did_last_at, drop column millionths, drop column were_tenths,
    alter column fit_tenths set not null,
    alter column warmth_tenths set not null,
    alter column did set not null;
alter table judgement enable trigger append_only;
alter table fact_list enable trigger append_only;

-- The rows of a whole span come sorted by lead, and so do leads in their index: to go along both takes
-- a third of the time of looking each one up. A few are looked up.
create or replace function guard_judgements() returns trigger language plpgsql as $$
declare
    leads int8range;
    judgings int8range;
    many bigint;
    wrong bigint;
begin
    select int8range(min(lead_id), max(lead_id), '[]'), int8range(min(judging_id), max(judging_id), '[]'),
        count(*) into leads, judgings, many from new_rows;
    if many = 0 then
        return null;
    end if;
    if upper(leads) - lower(leads) < 4 * many then
        select n.lead_id into wrong from new_rows n
        left join (select id from lead where id >= lower(leads) and id < upper(leads)) l
            on l.id = n.lead_id
        where l.id is null limit 1;
    else
        select n.lead_id into wrong from new_rows n
        where (select l.id from lead l where l.id = n.lead_id) is null limit 1;
    end if;
    if found then
        raise exception 'I8: a judgement names lead %, which is not there', wrong
            using errcode = 'foreign_key_violation';
    end if;
    select n.judging_id into wrong from (
        select lower(judgings) as judging_id
        union all
        select judging_id from new_rows where upper(judgings) > lower(judgings) + 1
    ) n
    where (select g.id from judging g where g.id = n.judging_id) is null limit 1;
    if found then
        raise exception 'I8: a judgement names judging %, which is not there', wrong
            using errcode = 'foreign_key_violation';
    end if;
    return null;
end $$;
alter function guard_judgements set enable_nestloop to off;
alter function guard_judgements set enable_hashjoin to off;
