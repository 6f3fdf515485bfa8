"""Which encoding a file is in: read whole once in small pieces, so that no late byte surprises."""

from __future__ import annotations

import codecs
import re
from pathlib import Path

from charset_normalizer import from_bytes

SAMPLE_BYTES = 64 * 1024
_PIECE = 1024 * 1024
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# What exports really come in; the detector knows many more and sees them everywhere.
_CANDIDATES = [
    *("cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257"),
    *("iso8859_2", "iso8859_15", "koi8_r", "mac_roman"),
    *("cp932", "euc_jp", "gb18030", "big5", "cp949"),
]
_SIGN_IN_WORD = re.compile(
    "[A-Za-z][\u00a1-\u00bf\u00d7\u00f7]|[\u00a1-\u00bf\u00d7\u00f7][A-Za-z]"
)
_MUCH = 0.3
_FEW = 0.1


def detect_encoding(path: Path) -> str:
    """Return the name of a codec that reads the file.

    A byte order mark decides; else UTF-8 if (nearly) everything is UTF-8; else what the bytes
    look like, Windows' western code page in doubt. A UTF-8 file with a few wrong bytes stays
    UTF-8: its reader must cope with those rows alone.
    """
    with path.open("rb") as file:
        head = file.read(SAMPLE_BYTES)
    for bom, encoding in _BOMS:
        if head.startswith(bom):
            return encoding
    wide = _utf16_without_bom(head)
    if wide:
        return wide
    around = _around_first_wrong_byte(path)
    if around is None or _is_nearly_utf8(head + around):
        return "utf-8"
    return _by_looks(head + around)


def _utf16_without_bom(head: bytes) -> str | None:
    half = len(head) // 2
    if half and head[1::2].count(0) > _MUCH * half and not head[0::2].count(0):
        return "utf-16-le"
    if half and head[0::2].count(0) > _MUCH * half and not head[1::2].count(0):
        return "utf-16-be"
    return None


def _around_first_wrong_byte(path: Path) -> bytes | None:
    """Return a sample that begins where UTF-8 ends, or None if all of the file is UTF-8."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            try:
                decoder.decode(piece)
            except UnicodeDecodeError as error:
                start = max(error.start - 100, 0)
                return bytes(error.object[start : start + SAMPLE_BYTES])
    return None


def _is_nearly_utf8(sample: bytes) -> bool:
    text = sample.decode("utf-8", "surrogateescape")
    foreign = [letter for letter in text if not letter.isascii()]
    wrong = sum("\udc80" <= letter <= "\udcff" for letter in foreign)
    return wrong < _FEW * len(foreign)


def _by_looks(sample: bytes) -> str:
    """Return the code page for a text of mostly ASCII letters, else the detector's guess.

    Short texts in Latin letters look equally good to the detector in many code pages. Read in the
    wrong one, they have signs such as a superscript 3 inside their words.
    """
    for encoding in ("cp1252", "cp1250", "cp1257", "cp1254"):
        text = sample.decode(encoding, "replace")
        foreign = sum(not letter.isascii() for letter in text)
        if foreign < _MUCH / 2 * len(text) and not _SIGN_IN_WORD.search(text):
            return encoding
    best = from_bytes(sample, cp_isolation=_CANDIDATES).best()
    return best.encoding if best else "cp1252"
