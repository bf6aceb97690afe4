"""Eight kinds of personal data with a structure that can be checked.

Each detector is a pattern that finds candidates in time linear in the text (bounded repetitions, no nested
ones) and a check that decides: check digits, calendar, number plan, and what stands right before or after.
Candidates are weighed from the strongest evidence to the weakest; spans never overlap.

Sources: GB 11643 (identity numbers), GB 32100 (company codes), ISO/IEC 7812 (cards), the telephone numbering
plan of China, GA 36 (number plates), RFC 5321 (limits of mail addresses).
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from servloop.trust.pii.check_digits import is_date, is_id_card, is_luhn, is_old_id_card, is_uscc
from servloop.trust.pii.folding import fold

PiiKind = Literal["id_card", "uscc", "mobile", "landline", "bank_card", "passport", "plate", "email"]
PiiCheck = Literal["checksum", "luhn", "structure"]


@dataclass(frozen=True, slots=True)
class PiiSpan:
    """Where personal data stands.

    Attributes:
        kind: what it is.
        start: offset of the first character in the original text, in code points.
        end: offset after the last character.
        check: the evidence: a check character that fits, the Luhn digit, or structure alone.
    """

    kind: PiiKind
    start: int
    end: int
    check: PiiCheck


_Candidates = Iterator[tuple[int, int, PiiCheck]]
_FLAGS = re.ASCII | re.IGNORECASE

# What stands right before a number and says that it is a record's number, not a person's.
_RECORD_LABEL = re.compile(
    r"(?:(?:快递|物流|发票|工单|交易|序列|产品|商品|保单|凭证|案件|受理|回执|提单|箱|货|设备|资产|项目|账单|批|房|工|学)"
    r"(?:编号|号码|单号|编码|号|id|no\.?)|(?:订单|运单|流水|合同|批次|型号|条码)(?:编号|号码|单号|编码|号|id|no\.?)?"
    r"|单号|(?<!证件)(?<!身份证)(?<!护照)编[号码]|"
    r"\b(?:isbn|issn|sku|imei|sn|order|waybill|tracking|invoice|contract|serial|batch|ticket|ref|reference|transaction|case|item)"
    r"(?: ?(?:number|no\.?|id|code))?)[\s:#是为(\"'-]{0,4}\Z",
    _FLAGS,
)
_ID_LABEL = re.compile(
    r"(?:身份证|证件)[^\d]{0,8}\Z|\bid(?: card)?(?: ?(?:number|no\.?))?[\s:#]{0,3}\Z", _FLAGS
)
_PASSPORT_LABEL = re.compile(r"(?:护照|通行证|passport)[^\d]{0,12}\Z", _FLAGS)
_PHONE_LABEL = re.compile(
    r"(?:^|[^a-z])(?:tel|phone|mobile|mob|cell|call|wechat|weixin|wx|vx|whatsapp|contact|at|on|is)\Z", _FLAGS
)
_AMOUNT_BEFORE = re.compile(r"[¥$€£]\s?\Z")
_AMOUNT_AFTER = re.compile(r"\.\d|\s?(?:元|万|亿|美元|港币|人民币|%|rmb|cny|usd)", _FLAGS)
_LABEL_REACH = 24

# A number does not start inside another one (digits, decimals, dates, codes with dashes). Patterns look at
# their first character before anything else, so that most places of a text cost next to nothing.
_ALONE_LEFT = r"(?<![0-9A-Za-z])(?<![0-9A-Za-z][-_/.])"
_ALONE_RIGHT = r"(?![0-9A-Za-z])"

_EMAIL = re.compile(
    r"(?<![a-z0-9._%+-])[a-z0-9_%+-][a-z0-9._%+-]{0,63}@(?:[a-z0-9-]{1,63}\.){1,8}[a-z]{2,24}(?![a-z])",
    _FLAGS,
)
_FILE_ENDINGS = frozenset(["png", "jpg", "jpeg", "gif", "svg", "webp", "css", "js", "json"])
# An identity number may touch letters ("ID1101…"): its birthday and check character are evidence enough.
_ID_CARD = re.compile(
    r"(?=[1-8])(?<![0-9])(?<![0-9][-_/.])(?=([1-8][0-9](?:[ -]?[0-9]){15}[ -]?[0-9X])(?![0-9]))", _FLAGS
)
_OLD_ID_CARD = re.compile(rf"(?=[1-8]){_ALONE_LEFT}[1-8][0-9]{{14}}{_ALONE_RIGHT}", _FLAGS)
_USCC = re.compile(
    rf"(?=[1-9ANY]){_ALONE_LEFT}[1-9ANY][1-9](?:[ -]?[0-9]){{6}}(?:[ -]?[0-9A-HJ-NPQRTUWXY]){{10}}{_ALONE_RIGHT}",
    _FLAGS,
)
_BANK_CARD = re.compile(
    rf"(?=[2-9]){_ALONE_LEFT}(?:[0-9]{{14,19}}|[0-9]{{4}}([ -])[0-9]{{4}}\1[0-9]{{4}}\1[0-9]{{2,7}}(?:\1[0-9]{{1,3}})?"
    rf"|[0-9]{{6}}[ -][0-9]{{8,13}}|[0-9]{{4}}([ -])[0-9]{{6}}\2[0-9]{{4,5}}){_ALONE_RIGHT}",
    _FLAGS,
)
# Issuer ranges: UnionPay and the banks' older own ranges, Visa, Mastercard, American Express, JCB, Diners, Discover.
_ISSUER = re.compile(
    r"(?:62|81|60[1-3]|95[5-9]|690755|98430)[0-9]{10,17}\Z|4(?:[0-9]{15}|[0-9]{18})\Z|"
    r"(?:5[1-5]|2(?:22[1-9]|2[3-9][0-9]|[3-6][0-9]{2}|7[01][0-9]|720))[0-9]{12,14}\Z|3[47][0-9]{13}\Z|"
    r"35(?:2[89]|[3-8][0-9])[0-9]{12}\Z|3(?:0[0-5]|[689][0-9])[0-9]{11}\Z|6(?:011|4[4-9][0-9]|5[0-9]{2})[0-9]{12}\Z",
    re.ASCII,
)
_CARD_LENGTHS = range(14, 20)
_MOBILE = re.compile(
    r"(?=[(+018])(?<![0-9])(?<![0-9][-_.])(?:\(?(?:\+|00)?86\)?[ -]{0,2})?"
    r"1[3-9][0-9](?:[0-9]{8}|([ .-])[0-9]{4}\1[0-9]{4}|[ -][0-9]{8}|[ -][0-9]{3}[ -][0-9]{5}|[0-9][ -](?:[0-9]{4}[ -][0-9]{3}|[0-9]{3}[ -][0-9]{4})"
    rf"|[0-9]{{4}}[ -][0-9]{{4}}){_ALONE_RIGHT}",
    _FLAGS,
)
_SHORT_AREA, _LONG_AREA = "(?:10|2[0-57-9])", "[3-9][0-9]{2}"
_TRUNK = r"(?:\(?(?:\+|00)86\)?[ -]{0,2}|86[ -])"


def _area(code: str) -> str:
    """An area code behind the trunk prefix 0 or the country code, bare or in brackets, and what may follow."""
    return rf"(?:{_TRUNK}?(?:\(0{code}\)|0{code})|{_TRUNK}(?:\({code}\)|{code}))[ -]{{0,2}}"


_LANDLINE = re.compile(
    rf"(?=[(+08])(?<![0-9])(?<![0-9][-_.])(?:{_area(_SHORT_AREA)}[2-9][0-9]{{3}}[ -]?[0-9]{{4}}"
    rf"|{_area(_LONG_AREA)}[2-9][0-9]{{2}}(?:[ -]?[0-9]{{4}}|[0-9][ -]?[0-9]{{4}}))"
    rf"(?:(?:[-#]| ?转 ?| ?ext\.? ?)[0-9]{{1,5}})?{_ALONE_RIGHT}",
    _FLAGS,
)
_PASSPORT = re.compile(
    rf"(?=[DEGPS]){_ALONE_LEFT}(?:[EG] ?[0-9]{{8}}|E[A-HJ-NP-Z] ?[0-9]{{7}}|[DSP](?:E[0-9]{{7}}|[0-9]{{7,8}})){_ALONE_RIGHT}",
    _FLAGS,
)
_PLATE = re.compile(
    r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-HJ-NP-Z] ?[·•.-]? ?"
    r"(?:[A-HJK][A-HJ-NP-Z0-9][0-9]{4}|[0-9]{5}[A-HJK]|[A-HJ-NP-Z0-9]{4}[学警港澳挂试超领]|[A-HJ-NP-Z0-9]{5})"
    rf"{_ALONE_RIGHT}",
    _FLAGS,
)
_EMBASSY_PLATE = re.compile(rf"使[0-9]{{6}}{_ALONE_RIGHT}|[0-9]{{6}}使", re.ASCII)
_SEPARATORS = str.maketrans("", "", " -.")


def _before(text: str, start: int) -> str:
    return text[max(0, start - _LABEL_REACH) : start]


def _is_record_number(text: str, start: int) -> bool:
    return _RECORD_LABEL.search(_before(text, start)) is not None


def _emails(text: str) -> _Candidates:
    for match in _EMAIL.finditer(text):
        if match[0].rpartition(".")[2].lower() not in _FILE_ENDINGS:
            yield match.start(), match.end(), "structure"


def _id_cards(text: str) -> _Candidates:
    for match in _ID_CARD.finditer(text):
        if is_id_card(match[1].translate(_SEPARATORS).upper()):
            yield match.start(1), match.end(1), "checksum"
    for match in _OLD_ID_CARD.finditer(text):
        if is_old_id_card(match[0]) and _ID_LABEL.search(_before(text, match.start())):
            yield match.start(), match.end(), "structure"


def _usccs(text: str) -> _Candidates:
    for match in _USCC.finditer(text):
        if is_uscc(match[0].translate(_SEPARATORS).upper()):
            yield match.start(), match.end(), "checksum"


def _bank_cards(text: str) -> _Candidates:
    for match in _BANK_CARD.finditer(text):
        number = match[0].translate(_SEPARATORS)
        if (
            len(number) in _CARD_LENGTHS
            and _ISSUER.match(number)
            and is_luhn(number)
            and not _is_record_number(text, match.start())
        ):
            yield match.start(), match.end(), "luhn"


def _is_amount(text: str, start: int, end: int) -> bool:
    return bool(_AMOUNT_BEFORE.search(text[max(0, start - 2) : start]) or _AMOUNT_AFTER.match(text, end))


def _mobiles(text: str) -> _Candidates:
    for match in _MOBILE.finditer(text):
        start, end = match.span()
        before = _before(text, start)
        if before[-1:].isascii() and before[-1:].isalpha() and not _PHONE_LABEL.search(before):
            continue
        if re.search(r"[0-9A-Za-z][-_.]\Z", before) and not _PHONE_LABEL.search(before[:-1]):
            continue
        if not _is_amount(text, start, end) and not _is_record_number(text, start):
            yield start, end, "structure"


def _landlines(text: str) -> _Candidates:
    for match in _LANDLINE.finditer(text):
        start, end = match.span()
        before = _before(text, start)
        if before[-1:].isascii() and before[-1:].isalpha() and not _PHONE_LABEL.search(before):
            continue
        if not _is_amount(text, start, end) and not _is_record_number(text, start):
            yield start, end, "structure"


def _passports(text: str) -> _Candidates:
    for match in _PASSPORT.finditer(text):
        if _PASSPORT_LABEL.search(_before(text, match.start())):
            yield match.start(), match.end(), "structure"
            continue
        digits = match[0][-8:]
        dated = digits.isdigit() and digits[:2] in {"19", "20"}
        if dated and is_date(int(digits[:4]), int(digits[4:6]), int(digits[6:])):
            continue  # codes such as P20260131 carry a date
        if not _is_record_number(text, match.start()):
            yield match.start(), match.end(), "structure"


def _plates(text: str) -> _Candidates:
    for match in _PLATE.finditer(text):
        if sum(character.isdigit() for character in match[0]) >= 3:
            yield match.start(), match.end(), "structure"
    for match in _EMBASSY_PLATE.finditer(text):
        yield match.start(), match.end(), "structure"


# From the strongest evidence to the weakest: an earlier detector's span is not looked at again.
_NUMBER_DETECTORS: tuple[tuple[PiiKind, Callable[[str], _Candidates]], ...] = (
    ("id_card", _id_cards),
    ("uscc", _usccs),
    ("bank_card", _bank_cards),
    ("mobile", _mobiles),
    ("landline", _landlines),
    ("passport", _passports),
    ("plate", _plates),
)
# Whatever folds to a digit. The shortest kind, a number plate, has three of them close together.
_DIGIT = r"[\d²³¹⁰-₉①-⒛⓪-⓿❶-➓]"
_SOME_NUMBER = re.compile(rf"{_DIGIT}.{{0,12}}{_DIGIT}.{{0,12}}{_DIGIT}", re.DOTALL)
_AT_SIGN = re.compile("[@＠﹫]")


def detect(text: str) -> tuple[PiiSpan, ...]:
    """Find personal data in one text.

    Args:
        text: any text; full-width characters, dashes and invisible characters are seen through.

    Returns:
        Spans in order, without overlaps, with offsets into ``text`` in code points.
    """
    numbers, addresses = _SOME_NUMBER.search(text), _AT_SIGN.search(text)
    if not numbers and not addresses:
        return ()
    folded = fold(text)
    taken: list[tuple[int, int]] = []
    spans: list[PiiSpan] = []

    def take(kind: PiiKind, candidates: _Candidates) -> None:
        for start, end, check in candidates:
            place = bisect_left(taken, (start, end))
            clear_left = place == 0 or taken[place - 1][1] <= start
            clear_right = place == len(taken) or end <= taken[place][0]
            if clear_left and clear_right:
                taken.insert(place, (start, end))
                spans.append(PiiSpan(kind, *folded.original(start, end), check))

    if addresses:
        take("email", _emails(folded.text))
    if numbers:
        for kind, candidates in _NUMBER_DETECTORS:
            take(kind, candidates(folded.text))
    return tuple(sorted(spans, key=lambda span: span.start))


def detect_many(texts: Iterable[str | None]) -> list[tuple[PiiSpan, ...]]:
    """`detect` for each text; a missing text holds nothing."""
    return [detect(text) if text else () for text in texts]
