"""Generated personal data in many written forms, and numbers that only look like it."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, timedelta

FULL_WIDTH = str.maketrans("0123456789-+@.", "０１２３４５６７８９－＋＠．")
FRAMES = (
    "{}",
    "我的号码是{}，请尽快联系我",
    "联系方式{}麻烦回复",
    "客户李女士（{}）反映等待太久",
    "资料：{}。",
    "请登记{}!谢谢",
    "Please use {}, thank you",
    "换行\n{}\n结束",
    "“{}”",
    "👍{}😀",
    "投诉内容：柜台排队40分钟，{}；金额 25.5 元",
    "办理业务时留的是{}结果没人理",
)
REGIONS = ("110101", "310115", "440305", "510107", "330106", "650102", "320583", "420111", "130984", "810000")


def digits(rng: random.Random, count: int) -> str:
    return "".join(rng.choice("0123456789") for _ in range(count))


def birthday(rng: random.Random) -> date:
    return date(1930, 1, 1) + timedelta(days=rng.randrange(29_000))


def id_number(rng: random.Random) -> str:
    body = rng.choice(REGIONS) + birthday(rng).strftime("%Y%m%d") + digits(rng, 3)
    # ISO 7064 MOD 11-2, the recursive form
    state = 0
    for digit in body:
        state = (state + int(digit)) * 2 % 11
    return body + "0123456789X"[(12 - state) % 11]


def uscc_code(rng: random.Random) -> str:
    alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    body = rng.choice(("91", "92", "93", "12", "51", "52", "31", "13")) + rng.choice(REGIONS)
    body += "".join(rng.choice(alphabet) for _ in range(9))
    total = sum(alphabet.index(c) * pow(3, i, 31) for i, c in enumerate(body))
    return body + alphabet[(31 - total % 31) % 31]


def luhn_complete(body: str) -> str:
    for last in "0123456789":
        number = body + last
        total = 0
        for place, digit in enumerate(reversed(number)):
            value = int(digit) * (2 if place % 2 else 1)
            total += value // 10 + value % 10
        if total % 10 == 0:
            return number
    raise AssertionError


def grouped(number: str, sizes: tuple[int, ...], separator: str) -> str:
    parts, place = [], 0
    for size in sizes:
        parts.append(number[place : place + size])
        place += size
    parts.append(number[place:])
    return separator.join(part for part in parts if part)


def id_card(rng: random.Random) -> str:
    number = id_number(rng)
    forms = (
        number,
        number.lower(),
        grouped(number, (6, 8), " "),
        grouped(number, (6, 8), "-"),
        grouped(number, (6, 4, 4), " "),
        grouped(number, (4, 4, 4, 4), " "),
        number.translate(FULL_WIDTH),
    )
    return rng.choice(("", "身份证", "身份证号：", "ID")) + rng.choice(forms)


def uscc(rng: random.Random) -> str:
    code = uscc_code(rng)
    forms = (code, code.lower(), grouped(code, (8, 8), " "), grouped(code, (4, 4, 4, 4), " "))
    return rng.choice(("", "税号", "统一社会信用代码:")) + rng.choice(forms)


def mobile(rng: random.Random) -> str:
    number = "1" + rng.choice("3456789") + digits(rng, 9)
    dashed, spaced = grouped(number, (3, 4), "-"), grouped(number, (3, 4), " ")
    forms = (
        number,
        dashed,
        spaced,
        grouped(number, (3, 4), "."),
        "+86" + number,
        "+86 " + spaced,
        "+86-" + dashed,
        "0086" + number,
        "(+86)" + number,
        "86-" + number,
        number.translate(FULL_WIDTH),
        dashed.translate(FULL_WIDTH),
        grouped(number, (3, 4), "–"),
        grouped(number, (3, 4), "\u200b"),
        grouped(number, (3, 4), "\u3000"),
        grouped(number, (4, 3), " "),
        grouped(number, (3, 3), " "),
        grouped(number, (3,), "-"),
    )
    return rng.choice(("", "", "手机", "电话：", "Tel:", "TEL", "微信同号")) + rng.choice(forms)


def landline(rng: random.Random) -> str:
    area, size = rng.choice(
        (("010", 8), ("021", 8), ("0755", 8), ("0571", 8), ("0898", 8), ("0316", 7), ("0991", 7))
    )
    local = rng.choice("2345678") + digits(rng, size - 1)
    forms = (
        f"{area}-{local}",
        f"{area} {local}",
        area + local,
        f"({area}){local}",
        f"（{area}）{local}",
        f"{area}-{local[:-4]}-{local[-4:]}",
        f"{area} {local[:-4]} {local[-4:]}",
        f"+86-{area[1:]}-{local}",
        f"+86 {area[1:]} {local}",
        f"{area}-{local}-801",
        f"{area}-{local}转8001",
        f"{area}-{local} 转 801",
        f"86-{area[1:]}-{local}",
        f"{area}-{local}".translate(FULL_WIDTH),
    )
    return rng.choice(("", "座机", "电话：", "固话 ")) + rng.choice(forms)


def bank_card(rng: random.Random) -> str:
    prefix, size = rng.choice(
        (
            ("622202", 19),
            ("621700", 19),
            ("622848", 19),
            ("622588", 16),
            ("955880", 19),
            ("4392", 16),
            ("5218", 16),
            ("356833", 16),
            ("601382", 19),
        )
    )
    number = luhn_complete(prefix + digits(rng, size - len(prefix) - 1))
    forms = [
        number,
        grouped(number, (4, 4, 4, 4), " "),
        grouped(number, (4, 4, 4, 4), "-"),
        number.translate(FULL_WIDTH),
    ]
    if size == 19:
        forms.append(grouped(number, (6,), " "))
    return rng.choice(("", "卡号", "银行卡：", "尾号不对的卡")) + rng.choice(forms)


def passport(rng: random.Random) -> str:
    number = rng.choice(
        (
            "E" + digits(rng, 8),
            "G" + digits(rng, 8),
            "E" + rng.choice("ABCDEFGHJKLMNPQRSTUVWXYZ") + digits(rng, 7),
            "D" + digits(rng, 8),
            "SE" + digits(rng, 7),
            "PE" + digits(rng, 7),
            "P" + digits(rng, 7),
            "S" + digits(rng, 8),
        )
    )
    return rng.choice(("护照", "护照号：", "护照号码 ", "")) + rng.choice(
        (number, number.lower(), number.translate(FULL_WIDTH))
    )


def plate(rng: random.Random) -> str:
    letters = "ABCDEFGHJKLMNPQRSTUVWXYZ"
    head, tail = rng.choice("京沪粤川浙苏鲁豫湘鄂渝津") + rng.choice("ABCDEFGH"), digits(rng, 5)
    lettered = list(tail)
    for place in rng.sample(range(5), rng.choice((1, 2))):
        lettered[place] = rng.choice(letters)
    body = rng.choice(
        (
            tail,
            "".join(lettered),
            rng.choice("DF") + digits(rng, 5),
            digits(rng, 5) + "D",
            "F" + rng.choice(letters) + digits(rng, 4),
            digits(rng, 4) + "学",
        )
    )
    return rng.choice(("", "车牌", "车牌号：")) + head + rng.choice(("", "·", " ", "-", "•")) + body


def email(rng: random.Random) -> str:
    local = rng.choice(("zhang.wei", "li_na88", "13812345678", "wang+test", "service-01", "a"))
    domain = rng.choice(("qq.com", "163.com", "mail.example.com.cn", "outlook.com", "bank-x.cn"))
    address = f"{local}{rng.randrange(100)}@{domain}"
    return rng.choice(("", "邮箱", "e-mail: ")) + rng.choice(
        (address, address.upper(), address.translate(FULL_WIDTH))
    )


POSITIVES: dict[str, Callable[[random.Random], str]] = {
    "id_card": id_card,
    "uscc": uscc,
    "mobile": mobile,
    "landline": landline,
    "bank_card": bank_card,
    "passport": passport,
    "plate": plate,
    "email": email,
}


def wrong_id(rng: random.Random) -> str:
    number = id_number(rng)
    return "流水号" + number[:-1] + ("1" if number[-1] != "1" else "2")


def wrong_birthday(rng: random.Random) -> str:
    return "编号" + rng.choice(REGIONS) + f"19{digits(rng, 2)}13{digits(rng, 6)}"


def wrong_card(rng: random.Random) -> str:
    number = luhn_complete("622202" + digits(rng, 12))
    return (
        rng.choice(("合同号", "合同编号：", ""))
        + number[:-1]
        + str((int(number[-1]) + rng.randrange(1, 10)) % 10)
    )


def wrong_uscc(rng: random.Random) -> str:
    code = uscc_code(rng)
    return code[:-1] + ("A" if code[-1] != "A" else "B")


LOOK_ALIKES: dict[str, Callable[[random.Random], str]] = {
    "wrong id card": wrong_id,
    "wrong birthday": wrong_birthday,
    "wrong bank card": wrong_card,
    "wrong company code": wrong_uscc,
    "order with date": lambda rng: (
        f"订单号20{rng.randrange(20, 27)}{rng.randrange(1, 13):02}{rng.randrange(1, 29):02}{digits(rng, rng.choice((6, 8, 10)))}"
    ),
    "order like a mobile": lambda rng: "订单号：1" + rng.choice("3456789") + digits(rng, 9),
    "number like a mobile": lambda rng: (
        rng.choice(("编号", "订单", "工号：")) + "1" + rng.choice("3456789") + digits(rng, 9)
    ),
    "order of a shop": lambda rng: (
        "订单编号" + rng.choice("123456789") + digits(rng, rng.choice((11, 15, 17, 18)))
    ),
    "waybill SF": lambda rng: "SF" + digits(rng, rng.choice((12, 13))),
    "waybill YT": lambda rng: "运单YT" + digits(rng, 13),
    "waybill JD": lambda rng: "快递JD" + digits(rng, 13),
    "waybill of digits": lambda rng: (
        "快递单号" + rng.choice(("7", "4", "3")) + digits(rng, rng.choice((11, 13, 14)))
    ),
    "contract": lambda rng: f"合同号HT-2026-{digits(rng, 6)}",
    "contract of digits": lambda rng: "合同号" + digits(rng, 19),
    "date and time": lambda rng: (
        f"20{rng.randrange(10, 27)}-{rng.randrange(1, 13):02}-{rng.randrange(1, 29):02} {rng.randrange(24):02}:{rng.randrange(60):02}:{rng.randrange(60):02}"
    ),
    "stamp of digits": lambda rng: (
        f"20{rng.randrange(10, 27)}{rng.randrange(1, 13):02}{rng.randrange(1, 29):02}{digits(rng, 6)}"
    ),
    "milliseconds": lambda rng: "17" + digits(rng, 11),
    "price": lambda rng: f"¥{rng.randrange(1, 10**7):,}.{digits(rng, 2)}",
    "price like a mobile": lambda rng: (
        "金额1" + rng.choice("3456789") + digits(rng, 9) + rng.choice((".00", "元", "万元"))
    ),
    "isbn": lambda rng: f"ISBN 978-7-{digits(rng, 3)}-{digits(rng, 5)}-{digits(rng, 1)}",
    "isbn of digits": lambda rng: "ISBN9787" + digits(rng, 9),
    "long digits": lambda rng: digits(rng, rng.choice((12, 13, 20, 22, 25, 32))),
    "decimal": lambda rng: f"经度113.{digits(rng, 11)}",
    "product code": lambda rng: (
        rng.choice("PDSEG") + f"20{rng.randrange(20, 27)}{rng.randrange(1, 13):02}{rng.randrange(1, 29):02}"
    ),
    "model": lambda rng: (
        rng.choice(("iPhone 15 Pro", "RTX4090", "GB/T 19001-2016", "ISO 9001:2015")) + " 型号"
    ),
    "version": lambda rng: f"v{rng.randrange(20)}.{rng.randrange(100)}.{rng.randrange(10000)}",
    "hot line": lambda rng: rng.choice(("400-", "800-", "400 ")) + digits(rng, 3) + "-" + digits(rng, 4),
    "short number": lambda rng: rng.choice(("12315", "95588", "10086", "110", "10000")),
    "hex": lambda rng: f"{rng.getrandbits(128):032x}",
    "uuid": lambda rng: (
        f"{rng.getrandbits(32):08x}-{rng.getrandbits(16):04x}-4{rng.getrandbits(12):03x}-a{rng.getrandbits(12):03x}-{rng.getrandbits(48):012x}"
    ),
    "handle": lambda rng: f"@user{digits(rng, 5)}",
    "image": lambda rng: f"logo@{rng.randrange(2, 4)}x.png",
    "ticket": lambda rng: f"工单FB-2026-{digits(rng, 6)}",
    "region word": lambda rng: rng.choice(("新A级服务", "京东618", "川A区12号楼", "苏B栋301室")),
}
