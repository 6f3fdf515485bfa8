-- Whether each neighbour answers, so that one that does not is asked rarely, and when an effect
-- that could not be done is tried again. Both by the database's clock, never a business time.

create table neighbour (
    name text not null,
    failures bigint not null default 0,
    failing_since timestamp with time zone,
    tries_again_at timestamp with time zone,
    error text,
    constraint pk_neighbour primary key (name),
    constraint ck_neighbour_name check (name in ('mail', 'crm')),
    constraint ck_neighbour_failing check ((failures = 0) = (failing_since is null)),
    constraint ck_neighbour_closed check (failures > 0 or tries_again_at is null)
);

alter table effect add column not_before timestamp with time zone;
