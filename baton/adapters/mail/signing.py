"""Signs mails with DKIM (RFC 6376), where no mail server of ours does it."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import dkim
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from dkim.dnsplug import get_txt

from baton.adapters.mail.port import MailTransport
from baton.errors import MailRefusedError, MailUnavailableError, SettingsError

LookUp = Callable[..., bytes | None]
"""Returns a name's TXT record; called with the name and `timeout=` (seconds)."""

_LEAST_BITS = 2048  # what RFC 8301 asks of signers; some receivers take no shorter key
_PATIENCE_SECONDS = 5
# What RFC 8058 asks for besides what dkimpy signs by itself.
_MORE = frozenset({b"list-unsubscribe-post"})
# Signed as often as they are there and once more, so that nobody can add another one.
_ONCE = (b"subject", b"date", b"to", b"cc", b"reply-to", b"list-unsubscribe")
_RIGHT = (
    "BATON_DKIM_KEY must be the file of an RSA private key (PEM, not encrypted, 2048 bits); "
    "'openssl genrsa 2048' makes one."
)


@dataclass(frozen=True, slots=True)
class Signer:
    """A key that signs for a domain.

    Attributes:
        domain: Whose mails it signs (`d=`).
        selector: Which of the domain's keys it is (`s=`).
        record: The TXT record that receivers must find.
    """

    domain: str
    selector: str
    record: str
    _key: bytes = field(repr=False)

    @property
    def name(self) -> str:
        """Where in the DNS the record belongs."""
        return f"{self.selector}._domainkey.{self.domain}"

    def sign(self, content: bytes) -> bytes:
        """Return the message with its signature before everything else.

        Args:
            content: RFC 5322, ASCII, CRLF line ends; nothing on the way may change it.

        Raises:
            MailRefusedError: It is no message that can be signed, for instance one without From.
        """
        message = dkim.DKIM(content)
        message.should_sign |= _MORE
        message.add_frozen(_ONCE)
        relaxed = (b"relaxed", b"relaxed")
        names = (self.selector.encode(), self.domain.encode())
        try:
            signature: bytes = message.sign(*names, self._key, canonicalize=relaxed)
        except dkim.DKIMException as error:
            raise MailRefusedError(
                f"A mail cannot be signed ({type(error).__name__}). Nothing was sent."
            ) from error
        return signature + content

    def require_published(self, look_up: LookUp = get_txt) -> None:
        """Make sure that receivers find our key, by verifying a signature as they do.

        Raises:
            SettingsError: No key is published, or not this one; the message says what belongs
                there.
            MailUnavailableError: The DNS does not answer.
        """
        try:
            found = look_up(f"{self.name}.".encode(), timeout=_PATIENCE_SECONDS)
        except (dkim.DnsTimeoutError, OSError) as error:
            raise MailUnavailableError(
                f"Whether the DKIM key of {self.name} is published cannot be said: the DNS does "
                "not answer."
            ) from error
        sample = self.sign(f"From: <postmaster@{self.domain}>\r\n\r\nSigned.\r\n".encode())
        if found and dkim.verify(sample, dnsfunc=lambda *_args, **_kw: found):
            return
        what = "Another key is published at" if found else "No DKIM key is published at"
        raise SettingsError(
            f"{what} {self.name}, so receivers take our signatures for forged. Publish there the "
            f'TXT record "{self.record}", or unset BATON_DKIM_KEY.'
        )


def open_signer(key: Path, selector: str, domain: str) -> Signer:
    """Read the key.

    Raises:
        SettingsError: There is no such file, or it holds no key that can sign; nothing of the
            file is said.
    """
    try:
        written = key.read_bytes()
    except OSError as error:
        raise SettingsError(f"{key} cannot be read: {error.strerror}. {_RIGHT}") from error
    try:
        found = serialization.load_pem_private_key(written, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        # The cause is not kept: nothing of the file may get into a log.
        raise SettingsError(f"{key} holds no private key that can be read. {_RIGHT}") from None
    if not isinstance(found, RSAPrivateKey):
        raise SettingsError(f"{key} holds a key of another kind than RSA. {_RIGHT}")
    if found.key_size < _LEAST_BITS:
        raise SettingsError(f"The key in {key} is too short ({found.key_size} bits). {_RIGHT}")
    return Signer(domain, selector, _record(found), _pem(found))


def _pem(key: RSAPrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )


def _record(key: RSAPrivateKey) -> str:
    public = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return f"v=DKIM1; k=rsa; p={base64.b64encode(public).decode()}"


class SigningTransport:
    """A `MailTransport` that signs what it hands on."""

    def __init__(self, transport: MailTransport, signer: Signer) -> None:
        """Sign with `signer` what goes to `transport`."""
        self._transport, self._signer = transport, signer

    def send(self, content: bytes, *, sender: str, recipients: Sequence[str]) -> None:
        """Sign the message and hand it over; raises what the other transport raises."""
        signed = self._signer.sign(content)
        self._transport.send(signed, sender=sender, recipients=recipients)
