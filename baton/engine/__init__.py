"""What Baton adds to Prefect: stages, waits, effects that happen once, waking, the sweep."""

import os

# Prefect reads these when it is imported, and every room that imports it lies below this one.
os.environ.setdefault("DO_NOT_TRACK", "1")
os.environ.setdefault("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
