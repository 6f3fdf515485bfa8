"""Takes leads and touches in: reads files, recognises columns, quarantines, enriches."""
