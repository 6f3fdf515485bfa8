"""The engine's figures: Prefect, the worker, waiting, and the way from a lead to its mail."""
