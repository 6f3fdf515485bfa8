"""The bearer token of the HTTP API: the one that is set, or one made once and kept."""

from __future__ import annotations

import hmac
import os
import secrets
from pathlib import Path

from pydantic import SecretStr

from baton.errors import SettingsError
from baton.settings import Settings

FILE_NAME = "api-token"
TOKEN_BYTES = 32


def api_token(settings: Settings) -> SecretStr:
    """Return the token that the API asks for.

    Without `BATON_API_TOKEN` it is made at the first call and kept in the home, readable by its
    owner alone; processes that ask at the same time get the same one.

    Raises:
        SettingsError: The kept file is empty, or cannot be read or written.
    """
    if settings.api_token is not None:
        return settings.api_token
    path = settings.home / FILE_NAME
    try:
        _make_once(path)
        kept = path.read_text(encoding="ascii").strip()
    except OSError as error:
        raise SettingsError(
            f"The API's token cannot be kept in {path}: {error.strerror}. "
            "Mend the folder's permissions or set BATON_API_TOKEN."
        ) from error
    if not kept:
        raise SettingsError(f"{path} is empty. Delete it, and a new token is made.")
    return SecretStr(kept)


def is_token(given: str, expected: SecretStr) -> bool:
    """Return whether the tokens are equal, in a time that does not depend on where they differ."""
    return hmac.compare_digest(given.encode(), expected.get_secret_value().encode())


def _make_once(path: Path) -> None:
    """Write a new token unless one is there; the link makes it appear whole or not at all."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{FILE_NAME}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(TOKEN_BYTES) + "\n")
        try:
            os.link(draft, path)
        except FileExistsError:
            return  # Another process made it first; its token counts.
    finally:
        draft.unlink()
