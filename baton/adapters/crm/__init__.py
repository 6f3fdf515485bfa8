"""The CRM, seen from our side."""
