"""What Baton adds to Prefect: stages, waits, effects that happen once, waking, the sweep."""
