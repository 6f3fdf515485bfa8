"""The HTTP API on which forms, webhooks and pages build."""
