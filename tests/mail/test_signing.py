"""Mails are signed so that receivers, by dkimpy and a DNS of our own, find them right."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from pathlib import Path

import dkim
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from baton.adapters.mail.signing import Signer, open_signer
from baton.cli.neighbours import signing
from baton.errors import MailRefusedError, MailUnavailableError, SettingsError
from baton.runtime import build, signer_of, transport_of
from baton.settings import Settings
from baton.testing.mail_world import MailWorld
from tests.mail.messages import OWN, introduction, raw

JANA = "jana@alder.example"
UNSUBSCRIBE = (
    b"List-Unsubscribe: <https://baton.seller.example/unsubscribe/x>\r\n"
    b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
)


def pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, password: bytes | None = None) -> str:
    kept: serialization.KeySerializationEncryption = serialization.NoEncryption()
    if password:
        kept = serialization.BestAvailableEncryption(password)
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, kept
    ).decode()


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key as `openssl genrsa` writes it."""
    file = tmp_path_factory.mktemp("dkim") / "dkim.pem"
    file.write_text(pem(rsa.generate_private_key(65537, 2048)))
    return file


@pytest.fixture(scope="module")
def signer(key: Path) -> Signer:
    return open_signer(key, "baton", "seller.example")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[MailWorld]:
    with MailWorld(tmp_path) as running:
        yield running


def only_mail(world: MailWorld) -> bytes:
    (received,) = world.mailbox(JANA).fetch()
    return received.content


def dns(*signers: Signer) -> Callable[..., bytes | None]:
    """The DNS, in which these signers' keys are published and nothing else."""
    records = {f"{one.name}.".encode(): one.record.encode() for one in signers}

    def look_up(name: bytes, timeout: float) -> bytes | None:
        assert timeout > 0
        return records.get(name)

    return look_up


def settings(**values: object) -> Settings:
    return Settings(mail_address=OWN, **values)  # type: ignore[arg-type]


def test_what_goes_out_by_the_settings_is_verified_by_its_receiver(
    world: MailWorld, key: Path, signer: Signer
) -> None:
    chosen = settings(
        smtp_host=world.host, smtp_port=world.port, dkim_key=key, dkim_selector="baton"
    )
    content = UNSUBSCRIBE + introduction() + b"\r\n.a line that begins with a dot\r\n \r\n"
    transport_of(chosen).send(content, sender=OWN, recipients=[JANA])
    received = only_mail(world)
    assert received.endswith(content)
    assert dkim.verify(received, dnsfunc=dns(signer))
    assert not dkim.verify(received, dnsfunc=dns())


def test_both_headers_of_the_one_click_are_signed(signer: Signer) -> None:
    verified = dkim.DKIM(signer.sign(UNSUBSCRIBE + introduction()))
    assert verified.verify(dnsfunc=dns(signer))
    signed = set(verified.include_headers)
    assert {b"list-unsubscribe", b"list-unsubscribe-post", b"from", b"to", b"message-id"} <= signed


@pytest.mark.parametrize(
    "change",
    [
        lambda mail: mail.replace(b"Subject: ", b"Subject: not ", 1),
        lambda mail: b"Subject: Another one\r\n" + mail,
        lambda mail: b"From: somebody@else.example\r\n" + mail,
        lambda mail: mail + b"One line more.\r\n",
        lambda mail: mail.replace(b"/unsubscribe/x", b"/unsubscribe/y"),
    ],
)
def test_what_somebody_changed_on_the_way_is_not_verified(
    signer: Signer, change: Callable[[bytes], bytes]
) -> None:
    signed = signer.sign(UNSUBSCRIBE + introduction())
    assert dkim.verify(signed, dnsfunc=dns(signer))
    assert change(signed) != signed
    assert not dkim.verify(change(signed), dnsfunc=dns(signer))


def test_a_message_without_a_sender_is_refused_and_not_sent(signer: Signer) -> None:
    with pytest.raises(MailRefusedError, match="cannot be signed"):
        signer.sign(raw("Hello", sender=""))


def test_without_a_key_nothing_is_signed(world: MailWorld) -> None:
    chosen = settings(smtp_host=world.host, smtp_port=world.port)
    assert signer_of(chosen) is None
    transport_of(chosen).send(introduction(), sender=OWN, recipients=[JANA])
    assert only_mail(world).endswith(introduction())
    assert b"DKIM-Signature" not in only_mail(world)
    assert signing(chosen).startswith("not signed")


BAD_KEYS = {
    "empty": "",
    "garbage": "secret words that are no key",
    "cut off": pem(rsa.generate_private_key(65537, 2048))[:200],
    "public": rsa.generate_private_key(65537, 2048)
    .public_key()
    .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    .decode(),
    "of another kind": pem(ec.generate_private_key(ec.SECP256R1())),
    "encrypted": pem(rsa.generate_private_key(65537, 2048), b"password"),
    "too short": pem(rsa.generate_private_key(65537, 1024)),
}


@pytest.mark.parametrize("name", BAD_KEYS)
def test_a_bad_key_is_an_error_at_the_start_that_shows_nothing_of_it(
    tmp_path: Path, name: str
) -> None:
    file = tmp_path / "dkim.pem"
    file.write_text(BAD_KEYS[name])
    chosen = settings(dkim_key=file, dkim_selector="baton", home=tmp_path / "home")
    with pytest.raises(SettingsError, match="BATON_DKIM_KEY must be") as caught:
        build(chosen)
    lines = [line for line in BAD_KEYS[name].splitlines() if line]
    assert not any(line in str(caught.value) for line in lines)
    assert caught.value.__cause__ is None
    assert not (tmp_path / "home" / "postgres").exists()


def test_a_key_that_is_not_there_is_named(tmp_path: Path) -> None:
    chosen = settings(dkim_key=tmp_path / "gone.pem", dkim_selector="baton")
    with pytest.raises(SettingsError, match=r"gone\.pem cannot be read: No such file"):
        signer_of(chosen)


@pytest.mark.parametrize("one", [{"dkim_selector": "baton"}, {"dkim_key": "dkim.pem"}])
def test_key_and_selector_belong_together(one: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match="belong together"):
        signer_of(settings(**one))


@pytest.mark.parametrize("selector", ["a b", "a;b", "-a", "a..b", "ä", "a\nb"])
def test_a_selector_that_is_no_name_is_refused(selector: str) -> None:
    with pytest.raises(ValueError, match="dkim_selector"):
        settings(dkim_selector=selector)


def test_the_key_is_never_shown(key: Path, signer: Signer) -> None:
    lines = [line for line in key.read_text().splitlines() if not line.startswith("-")]
    assert not any(line in repr(signer) for line in lines)


def test_doctor_finds_the_published_key(key: Path, signer: Signer) -> None:
    chosen = settings(dkim_key=key, dkim_selector="baton")
    assert signing(chosen, dns(signer)) == "signed for seller.example; receivers find the key"


def test_doctor_says_which_record_is_missing(key: Path, signer: Signer) -> None:
    chosen = settings(dkim_key=key, dkim_selector="baton")
    with pytest.raises(SettingsError, match=r"No DKIM key .* baton\._domainkey\.seller") as caught:
        signing(chosen, dns())
    assert signer.record in str(caught.value)


@pytest.mark.parametrize("record", [b"v=DKIM1; k=rsa; p=", b"v=spf1 -all", b"\xff", None])
def test_doctor_tells_another_key_from_ours(
    key: Path, signer: Signer, record: bytes | None
) -> None:
    if record is None:
        public = rsa.generate_private_key(65537, 2048).public_key()
        other = public.public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        record = b"v=DKIM1; k=rsa; p=" + base64.b64encode(other)
    chosen = settings(dkim_key=key, dkim_selector="baton")
    with pytest.raises(SettingsError, match=r"Another key is published at baton\._domainkey"):
        signing(chosen, lambda *_args, **_kw: record)


def test_doctor_says_so_if_the_dns_does_not_answer(key: Path) -> None:
    def silent(*_args: object, **_kw: object) -> bytes | None:
        raise dkim.DnsTimeoutError("no answer")

    with pytest.raises(MailUnavailableError, match="does not answer"):
        signing(settings(dkim_key=key, dkim_selector="baton"), silent)


def test_a_domain_of_its_own_can_be_signed_for(key: Path) -> None:
    chosen = settings(dkim_key=key, dkim_selector="s1.out", dkim_domain="Seller.example")
    found = signer_of(chosen)
    assert found is not None
    assert found.name == "s1.out._domainkey.seller.example"
