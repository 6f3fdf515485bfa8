-- Since when an effect in flight is in doubt: whoever sent it is certainly gone. Only from then on
-- does the time run in which our own copy of a mail must come.
alter table effect add column in_doubt_since timestamp with time zone;
