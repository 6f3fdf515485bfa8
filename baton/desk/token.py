"""The bearer token of the HTTP API: the one that is set, or one made once and kept."""

from __future__ import annotations

import hmac

from pydantic import SecretStr

from baton.kept import kept_secret
from baton.settings import Settings

FILE_NAME = "api-token"


def api_token(settings: Settings) -> SecretStr:
    """Return the token that the API asks for.

    Without `BATON_API_TOKEN` it is made at the first call and kept in the home, readable by its
    owner alone; processes that ask at the same time get the same one.

    Raises:
        SettingsError: The kept file is empty, or cannot be read or written.
    """
    if settings.api_token is not None:
        return settings.api_token
    return kept_secret(settings.home / FILE_NAME, setting="BATON_API_TOKEN")


def is_token(given: str, expected: SecretStr) -> bool:
    """Return whether the tokens are equal, in a time that does not depend on where they differ."""
    return hmac.compare_digest(given.encode(), expected.get_secret_value().encode())
