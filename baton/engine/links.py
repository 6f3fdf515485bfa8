"""The link by which a lead opts out with one click (RFC 8058).

The link names the lead by its number alone, is signed, and lives for a year. Only an address that
the world reaches makes sense in it, and RFC 8058 asks for https.
"""

from __future__ import annotations

from typing import Any

from itsdangerous import BadSignature, SignatureExpired, TimestampSigner, URLSafeTimedSerializer

from baton.domain.clock import Clock
from baton.errors import LinkError, LinkExpiredError
from baton.kept import kept_secret
from baton.runtime import Runtime

PATH = "/unsubscribe"
FILE_NAME = "link-secret"
LIVES_SECONDS = 400 * 24 * 3600
_PURPOSE = "baton.unsubscribe"


def unsubscribe_url(runtime: Runtime, lead_id: int) -> str | None:
    """Return the lead's link; None without a `BATON_PUBLIC_URL` that begins with https.

    Raises:
        SettingsError: The secret that signs it cannot be kept in the home.
    """
    public = runtime.settings.public_url
    if public is None or not public.startswith("https://"):
        return None
    token = _signer(runtime).dumps(lead_id)
    return f"{public.rstrip('/')}{PATH}/{token}"


def lead_of_link(runtime: Runtime, token: str) -> int:
    """Return the number of the lead whom the mail with this link went to.

    Raises:
        LinkError: We did not sign it, or not for this.
        LinkExpiredError: We did, more than 400 days ago.
    """
    try:
        lead_id = _signer(runtime).loads(token, max_age=LIVES_SECONDS)
    except SignatureExpired as error:
        raise LinkExpiredError("The link is too old; ask for a newer mail, or write.") from error
    except BadSignature as error:
        raise LinkError("The link is damaged; copy all of it from the mail.") from error
    assert isinstance(lead_id, int)
    return lead_id


def _signer(runtime: Runtime) -> URLSafeTimedSerializer:
    settings = runtime.settings
    secret = settings.link_secret or kept_secret(
        settings.home / FILE_NAME, setting="BATON_LINK_SECRET"
    )
    return URLSafeTimedSerializer(
        secret.get_secret_value(),
        salt=_PURPOSE,
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
