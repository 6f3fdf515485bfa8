"""Secrets that an installation makes once and keeps in its home."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from pydantic import SecretStr

from baton.errors import SettingsError

SECRET_BYTES = 32


def kept_secret(path: Path, *, setting: str) -> SecretStr:
    """Return the secret in this file; without the file one is made, readable by its owner alone.

    Processes that ask at the same time get the same one.

    Args:
        path: Where it is kept.
        setting: The variable that may be set instead, for the errors.

    Raises:
        SettingsError: The kept file is empty, or cannot be read or written.
    """
    try:
        _make_once(path)
        kept = path.read_text(encoding="ascii").strip()
    except OSError as error:
        raise SettingsError(
            f"The secret {path} cannot be kept: {error.strerror}. "
            f"Mend the folder's permissions or set {setting}."
        ) from error
    if not kept:
        raise SettingsError(f"{path} is empty. Delete it, and a new one is made.")
    return SecretStr(kept)


def _make_once(path: Path) -> None:
    """Write a new secret unless one is there; the link makes it appear whole or not at all."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(SECRET_BYTES) + "\n")
        try:
            os.link(draft, path)
        except FileExistsError:
            return  # Another process made it first; its secret counts.
    finally:
        draft.unlink()
