"""The flows on a real Prefect server, PostgreSQL and SMTP server."""
