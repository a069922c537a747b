"""The charsets that a text may say it is in.

A label comes from the file, and Python knows codecs by such names that are no charsets: one of them (punycode) takes
hours for a few megabytes. Names that it does not know it remembers for ever. So only charsets are looked up.
"""

from encodings import normalize_encoding
from encodings.aliases import aliases
from typing import Final

_LONGEST: Final = 40  # characters of a label
_CODECS: Final = frozenset(
    ("base64_codec", "bz2_codec", "hex_codec", "mbcs", "quopri_codec", "rot_13", "uu_codec", "zlib_codec")
)
_WITHOUT_ALIAS: Final = frozenset(
    (
        *("cp720", "cp737", "cp856", "cp874", "cp875", "cp1006", "koi8_t", "koi8_u", "utf_8_sig"),
        *("mac_arabic", "mac_croatian", "mac_farsi", "mac_romanian"),
    )
)
_CHARSETS: Final = (frozenset(aliases.values()) | _WITHOUT_ALIAS) - _CODECS


def find_charset(label: str) -> str | None:
    """Python's name of the charset that `label` names; None where it names none."""
    label = label.strip()
    if not label or len(label) > _LONGEST or not label.isascii():
        return None
    plain = normalize_encoding(label).lower()
    name = aliases.get(plain) or aliases.get(plain.replace(".", "_")) or plain
    return name if name in _CHARSETS else None
