"""Neighbours behind ports: CRM, mail, calendar, enrichment, data quality."""
