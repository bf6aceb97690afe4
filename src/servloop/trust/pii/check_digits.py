"""Check digits and calendars behind identity numbers, company codes and bank cards."""

from __future__ import annotations

from datetime import date

_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECK = "10X98765432"
_USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_USCC_VALUE = {character: value for value, character in enumerate(_USCC_ALPHABET)}
_USCC_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_PROVINCES = frozenset(
    map(
        str,
        [
            *range(11, 16),
            21,
            22,
            23,
            *range(31, 38),
            *range(41, 47),
            *range(50, 55),
            *range(61, 66),
            71,
            81,
            82,
            83,
        ],
    )
)
# Registering authority and kind of organisation (GB 32100-2015, table 1 and annex).
_USCC_AUTHORITIES = frozenset(
    [f"{authority}{kind}" for authority in "12345678" for kind in "123459"]
    + ["91", "92", "93", "A1", "A9", "N1", "N2", "N3", "N9", "Y1"]
)
_DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)


def is_date(year: int, month: int, day: int) -> bool:
    """Whether the calendar has that day."""
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def is_id_card(number: str) -> bool:
    """An 18-character resident identity number: province, birthday since 1900, check character.

    GB 11643-1999, check by ISO 7064 MOD 11-2. ``number`` holds no separators and an upper-case X.
    """
    if number[:2] not in _PROVINCES or not 1900 <= int(number[6:10]) < 2100:
        return False
    total = sum(weight * int(digit) for weight, digit in zip(_ID_WEIGHTS, number[:17], strict=True))
    return _ID_CHECK[total % 11] == number[17] and is_date(
        int(number[6:10]), int(number[10:12]), int(number[12:14])
    )


def is_old_id_card(number: str) -> bool:
    """A 15-digit identity number of before 1999: province and birthday (19YY); it has no check digit."""
    return number[:2] in _PROVINCES and is_date(
        1900 + int(number[6:8]), int(number[8:10]), int(number[10:12])
    )


def is_uscc(code: str) -> bool:
    """A unified social credit code: authority and check character (GB 32100-2015, MOD 31-3), and the region.

    The region is not asked for of companies (9) and of the lettered authorities: these beginnings are rare
    among other numbers, and registers hold codes with regions of their own.
    """
    if code[:2] not in _USCC_AUTHORITIES:
        return False
    if code[0] in "12345678" and code[2:4] not in _PROVINCES and code[2:4] != "10":
        return False
    total = sum(weight * _USCC_VALUE[c] for weight, c in zip(_USCC_WEIGHTS, code[:17], strict=True))
    return _USCC_ALPHABET[-total % 31] == code[17]


def is_luhn(number: str) -> bool:
    """The mod-10 check of bank cards (ISO/IEC 7812-1, annex B)."""
    digits = [int(digit) for digit in reversed(number)]
    return (sum(digits[::2]) + sum(_DOUBLED[digit] for digit in digits[1::2])) % 10 == 0
