"""Baton against mail servers as people run them: Postfix and Dovecot, over TLS, with login."""
