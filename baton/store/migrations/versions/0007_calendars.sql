-- Which calendar a rep has; without one, working hours are all that is known. Each calendar is a
-- neighbour of its own, so that one that does not answer is asked rarely, and no other.

alter table rep add column calendar text;
alter table neighbour drop constraint ck_neighbour_name;
alter table neighbour add constraint ck_neighbour_name
    check (name in ('mail', 'crm') or name like 'calendar of %');
