-- Whether the connected systems heard of a wish: an import keeps many at once, the sweep tells of
-- them. Those that people gave have been told of at once.

alter table opt_out add column told_at timestamptz;
update opt_out set told_at = at where source not in ('import', 'touches');
create index ix_opt_out_untold on opt_out (id) where told_at is null;
