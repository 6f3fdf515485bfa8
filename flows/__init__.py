"""The order of things: only flows, one screen each."""
