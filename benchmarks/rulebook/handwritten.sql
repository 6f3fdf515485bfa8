-- The decisions of rules/agreement.yaml as one would write them by hand, for these leads alone:
-- no reasons, no points rule by rule, no facts kept. One row for each lead that waits or
-- is nurtured.
--
-- Two things are not a matter of taste:
-- * What decay left of a touch counts in whole millionths, and each warmth rule is rounded to a
--   tenth once, as agreed; a lead at the threshold would otherwise come out on the other side.
-- * Speed: date_part(), because extract() goes through numeric; and conditions in `filter`, not as
--   arguments of the aggregate.
--
-- Leaving out the touches of leads whose fit decides alone was tried, and is slower: it ends the
-- one parallel pass over the index of the touches.
with warm as (
    select lead_id,
        sum(round(1e6 * power(0.5, date_part('epoch', %(as_of)s - at) / (86400 * 14))))
            filter (where kind = 'demo_request') as demo,
        sum(round(1e6 * power(0.5, date_part('epoch', %(as_of)s - at) / (86400 * 10))))
            filter (where kind = 'pricing_page') as pricing,
        sum(round(1e6 * power(0.5, date_part('epoch', %(as_of)s - at) / (86400 * 21))))
            filter (where kind = 'webinar') as webinar,
        sum(round(1e6 * power(0.5, date_part('epoch', %(as_of)s - at) / (86400 * 21))))
            filter (where kind = 'download') as download,
        sum(round(1e6 * power(0.5, date_part('epoch', %(as_of)s - at) / (86400 * 21))))
            filter (where kind = 'reply') as reply,
        sum(round(1e6 * power(0.5, date_part('epoch', %(as_of)s - at) / (86400 * 21))))
            filter (where kind = 'call') as call,
        sum(round(1e6 * power(0.5, date_part('epoch', %(as_of)s - at) / (86400 * 14))))
            filter (where kind = 'email_click') as click,
        sum(round(1e6 * power(0.5, date_part('epoch', %(as_of)s - at) / (86400 * 7))))
            filter (where kind = 'email_open') as open,
        sum(round(1e6 * power(0.5, date_part('epoch', %(as_of)s - at) / (86400 * 7))))
            filter (where kind = 'page_view') as page,
        sum(round(1e6 * power(0.5, date_part('epoch', %(as_of)s - at) / (86400 * 180))))
            filter (where kind = 'unsubscribed') as unsubscribed,
        sum(round(1e6 * power(0.5, date_part('epoch', %(as_of)s - at) / (86400 * 3650))))
            filter (where kind = 'competitor') as competitor,
        bool_or(true) filter (where kind = 'demo_request') as has_asked,
        bool_or(true) filter (where kind in ('webinar', 'download')
            and at > %(as_of)s - interval '60 days') as has_read,
        bool_or(true) filter (where kind in ('pricing_page', 'reply', 'call')
            and at > %(as_of)s - interval '30 days') as is_in_touch,
        bool_or(true) filter (where kind = 'demo_request'
            and at > %(as_of)s - interval '90 days') as asked_lately,
        bool_or(true) filter (where kind = 'competitor'
            and at > %(as_of)s - interval '3650 days') as competes
    from touch
    where at <= %(as_of)s
    group by lead_id
),
known as (
    select l.id, l.email, l.phone_e164, l.answers, w.*,
        coalesce((l.answers ->> 'employees')::numeric, a.employees) as employees,
        coalesce((l.answers ->> 'revenue_usd')::numeric, a.revenue_usd) as revenue_usd,
        coalesce(l.answers ->> 'country', l.country, a.country) as country,
        coalesce(l.answers ->> 'seniority', l.seniority) as seniority,
        coalesce(l.answers ->> 'function', l.function) as function,
        coalesce(l.answers ->> 'needs', l.needs) as needs,
        coalesce(l.answers ->> 'is_decision_maker', l.custom ->> 'is_decision_maker')::boolean
            as is_decision_maker,
        coalesce(l.answers ->> 'has_need', l.custom ->> 'has_need')::boolean as has_need,
        coalesce(l.answers ->> 'replaces_something', l.custom ->> 'replaces_something')::boolean
            as replaces_something,
        coalesce(l.answers ->> 'students_project', l.custom ->> 'student_project')::boolean
            as students_project,
        split_part(l.email, '@', 1) in (
            'admin', 'billing', 'careers', 'contact', 'hello', 'help', 'hr', 'info', 'jobs',
            'marketing', 'noreply', 'no-reply', 'office', 'postmaster', 'sales', 'support',
            'webmaster') as role_address,
        split_part(l.email, '@', 2) in (
            'aol.com', 'freemail.example', 'gmail.com', 'gmx.de', 'gmx.net', 'googlemail.com',
            'hotmail.com', 'icloud.com', 'live.com', 'mail.com', 'mail.ru', 'outlook.com',
            'proton.me', 'protonmail.com', 'qq.com', 'web.de', 'yahoo.com', 'ymail.com')
            as free_mail,
        split_part(l.email, '@', 2) in (
            '10minutemail.com', 'dispostable.com', 'guerrillamail.com', 'maildrop.cc',
            'mailinator.com', 'sharklasers.com', 'temp-mail.org', 'throwaway.example',
            'trashmail.com', 'yopmail.com') as disposable_mail
    from lead l
    left join account a on a.id = l.account_id
    left join warm w on w.lead_id = l.id
    where l.place in ('waiting', 'nurture')
),
scored as (
    select known.*,
        case when employees between 50 and 5000 then 15 else 0 end
        + case when country in ('US', 'GB', 'DE', 'FR', 'BR', 'NL', 'ES', 'IT', 'CA', 'AT', 'CH')
            then 10 else 0 end
        + case when seniority in ('c_level', 'owner', 'vp') then 15 else 0 end
        + case when seniority in ('director', 'manager') then 10 else 0 end
        + case when function in ('marketing', 'sales') then 10 else 0 end
        + case when not free_mail and not role_address then 5 else 0 end
        + case when revenue_usd >= 5000000 then 5 else 0 end
        + case when free_mail then -10 else 0 end
        + case when disposable_mail then -25 else 0 end
        + case when role_address then -10 else 0 end
        + case when seniority = 'student' or students_project then -30 else 0 end as fit,
        least(40, coalesce(round((30 * demo / 1e6)::numeric, 1), 0))
        + least(20, coalesce(round((8 * pricing / 1e6)::numeric, 1), 0))
        + least(24, coalesce(round((12 * webinar / 1e6)::numeric, 1), 0))
        + least(18, coalesce(round((6 * download / 1e6)::numeric, 1), 0))
        + least(30, coalesce(round((15 * reply / 1e6)::numeric, 1), 0))
        + least(30, coalesce(round((15 * call / 1e6)::numeric, 1), 0))
        + least(12, coalesce(round((3 * click / 1e6)::numeric, 1), 0))
        + least(5, coalesce(round((open / 1e6)::numeric, 1), 0))
        + least(10, coalesce(round((page / 1e6)::numeric, 1), 0))
        + greatest(-40, coalesce(round((-40 * unsubscribed / 1e6)::numeric, 1), 0))
        + greatest(-100, coalesce(round((-100 * competitor / 1e6)::numeric, 1), 0)) as warmth
    from known
),
judged as (
    select id, fit, warmth,
        coalesce(
            employees between 50 and 5000
            and country in ('US', 'GB', 'DE', 'FR', 'BR', 'NL', 'ES', 'IT', 'CA', 'AT', 'CH'),
            (answers ->> 'fits-our-market')::boolean) as fits_our_market,
        coalesce(
            is_decision_maker
            or seniority in ('c_level', 'owner', 'vp', 'director', 'manager'),
            (answers ->> 'decides')::boolean) as decides,
        email is not null or phone_e164 is not null as can_be_reached,
        coalesce(has_asked, has_read, is_in_touch, false) as is_interested,
        coalesce(
            has_need or replaces_something or needs is not null
            or coalesce(asked_lately, false),
            (answers ->> 'need')::boolean) as has_need,
        not coalesce(competes, false)
        and coalesce(seniority, 'individual') <> 'student'
        and not coalesce(students_project, false)
        and not coalesce(role_address, false) as is_serious
    from scored
)
select id as lead_id,
    case
        when fit < 25 or warmth < 10 or fit + warmth < 50 then 'not_qualified'
        when fits_our_market and decides and can_be_reached and is_interested and has_need
            and is_serious then 'qualified'
        when false in (fits_our_market, decides, can_be_reached, is_interested, has_need,
            is_serious) then 'not_qualified'
        else 'needs_answers'
    end as decision
from judged
