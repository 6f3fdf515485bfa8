"""The signed links in a lead's mails: to opt out with one click (RFC 8058), and to choose a time.

A link names the lead or the hand-off by its number alone, is signed for its one purpose, and lives
for as long as that makes sense. Only an address that the world reaches makes sense in it, and
RFC 8058 asks for https.
"""

from __future__ import annotations

import base64
import hmac
import uuid
from typing import Any

from itsdangerous import BadSignature, SignatureExpired, TimestampSigner, URLSafeTimedSerializer
from pydantic import SecretStr

from baton.domain.clock import Clock
from baton.errors import LinkError, LinkExpiredError
from baton.kept import kept_secret
from baton.runtime import Runtime

PATH = "/unsubscribe"
TIMES_PATH = "/times"
FILE_NAME = "link-secret"
DAY = 24 * 3600
LIVES_SECONDS = 400 * DAY
TIMES_LIVE_SECONDS = 60 * DAY
_PURPOSE = "baton.unsubscribe"
_TIMES = "baton.times"


def unsubscribe_url(runtime: Runtime, lead_id: int) -> str | None:
    """Return the lead's link; None without a `BATON_PUBLIC_URL` that begins with https.

    Raises:
        SettingsError: The secret that signs it cannot be kept in the home.
    """
    return _url(runtime, PATH, _PURPOSE, lead_id)


def times_url(runtime: Runtime, hand_off_id: uuid.UUID) -> str | None:
    """Return the link by which the hand-off's lead chooses a time; None where that one is too.

    Raises:
        SettingsError: The secret that signs it cannot be kept in the home.
    """
    return _url(runtime, TIMES_PATH, _TIMES, str(hand_off_id))


def lead_of_link(runtime: Runtime, token: str) -> int:
    """Return the number of the lead whom the mail with this link went to.

    Raises:
        LinkError: We did not sign it, or not for this.
        LinkExpiredError: We did, more than 400 days ago.
    """
    lead_id = _read(runtime, _PURPOSE, token, LIVES_SECONDS)
    assert isinstance(lead_id, int)
    return lead_id


def hand_off_of_link(runtime: Runtime, token: str) -> uuid.UUID:
    """Return the hand-off whose lead may choose a time by this link.

    Raises:
        LinkError: We did not sign it, or not for this.
        LinkExpiredError: We did, more than 60 days ago.
    """
    return uuid.UUID(_read(runtime, _TIMES, token, TIMES_LIVE_SECONDS))


def mark_of(runtime: Runtime, purpose: str, names: str) -> str:
    """Return what proves that we gave out what it names: 16 of a-z and 2-7, the same each time.

    It fits into a mail address, which does not tell upper from lower case.

    Raises:
        SettingsError: The secret that signs it cannot be kept in the home.
    """
    secret = _secret(runtime).get_secret_value().encode()
    digest = hmac.digest(secret, f"{purpose}:{names}".encode(), "sha256")
    return base64.b32encode(digest[:10]).decode().lower()


def _secret(runtime: Runtime) -> SecretStr:
    settings = runtime.settings
    return settings.link_secret or kept_secret(
        settings.home / FILE_NAME, setting="BATON_LINK_SECRET"
    )


def _url(runtime: Runtime, path: str, purpose: str, names: int | str) -> str | None:
    public = runtime.settings.public_url
    if public is None or not public.startswith("https://"):
        return None
    return f"{public.rstrip('/')}{path}/{_signer(runtime, purpose).dumps(names)}"


def _read(runtime: Runtime, purpose: str, token: str, lives_seconds: int) -> Any:
    try:
        return _signer(runtime, purpose).loads(token, max_age=lives_seconds)
    except SignatureExpired as error:
        raise LinkExpiredError("The link is too old; ask for a newer mail, or write.") from error
    except BadSignature as error:
        raise LinkError("The link is damaged; copy all of it from the mail.") from error


def _signer(runtime: Runtime, purpose: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(
        _secret(runtime).get_secret_value(),
        salt=purpose,
        signer=_ClockSigner,
        signer_kwargs={"clock": runtime.clock},
    )


class _ClockSigner(TimestampSigner):
    """Stamps with our clock instead of the machine's."""

    def __init__(self, *args: Any, clock: Clock, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._clock = clock

    def get_timestamp(self) -> int:
        """Return the seconds since 1970, UTC."""
        return int(self._clock.now().timestamp())
