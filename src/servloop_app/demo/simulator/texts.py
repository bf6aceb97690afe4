"""What customers write: sentences by topic, in Chinese and English, put together at random.

All sentences are invented for this project. A text is one or two sentences about the matter, sometimes with a detail
and a wish, as people write them: short, concrete, not polished.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Voice:
    """Sentences of one topic: what happened, a detail, and a wish."""

    title: str
    matter: tuple[str, ...]
    detail: tuple[str, ...] = ()
    wish: tuple[str, ...] = ()


ZH: dict[str, Voice] = {
    "waiting": Voice(
        "排队太久",
        (
            "取号后前面有{n}个人，只开了{m}个窗口，等了{t}分钟。",
            "办个简单业务排了{t}分钟的队，大厅里坐满了人。",
            "中午去的，{m}个窗口里有两个没人，等了快{t}分钟才叫到号。",
            "从取号到办完一共{t}分钟，真正办理只用了五分钟。",
        ),
        (
            "叫号屏一直不动，也没人解释。",
            "旁边的老人等得站不住。",
            "理财窗口空着，却不让办现金业务。",
            "机器取的号和窗口叫的对不上。",
        ),
        ("希望忙的时候多开窗口。", "能不能提前在手机上预约？", "请合理安排午休时间的人手。"),
    ),
    "attitude": Voice(
        "服务态度不好",
        (
            "柜员说话很不耐烦，问一句答半句。",
            "咨询转账限额，工作人员头也不抬，让我自己看墙上的告示。",
            "因为少带一份材料被当众数落，很难堪。",
            "大堂经理态度生硬，连一句您好都没有。",
        ),
        ("同样的问题问了三遍。", "后来换了一位同事才办成。", "我母亲七十多岁，完全听不明白。"),
        ("希望加强培训。", "请给一个说法。", "服务行业最起码要有礼貌。"),
    ),
    "app": Voice(
        "手机银行用不了",
        (
            "手机银行更新以后一打开就闪退。",
            "新版登录一直转圈，验证码收到了也进不去。",
            "转账页面点确认没有反应，试了{n}次。",
            "升级后找不到信用卡还款的入口了。",
        ),
        ("重装了两遍还是一样。", "手机是去年买的，系统也是最新的。", "还款日当天用不了，差点逾期。"),
        ("请尽快修复。", "希望能退回上一个版本。"),
    ),
    "letters": Voice(
        "信函寄送有问题",
        (
            "寄来的信用卡信封是破的，卡片露在外面。",
            "对账单又被雨淋湿了，字都看不清。",
            "信封没封好，里面的单子掉出来一半。",
            "卡寄丢了，等了{n}天也没收到。",
        ),
        ("里面有个人信息，很不放心。", "物业代收时信封已经开口。"),
        ("建议换结实一点的信封。", "以后能不能只发电子账单？"),
    ),
    "fees": Voice(
        "收费不清楚",
        (
            "账户被扣了一笔{n}元的费用，没有任何通知。",
            "办卡时说免年费，第二年还是扣了。",
            "跨行转账收费和网上写的不一样。",
        ),
        ("打客服电话也没说清楚。", "短信里只写了一个代码。"),
        ("请说明依据，不合理的要退。",),
    ),
    "documents": Voice(
        "开户资料审核太慢",
        (
            "公司开户的资料交上去{n}天了，一直说在审核。",
            "材料补了两次，每次都要重新等尽职调查排期。",
            "开对公户跑了三趟，还卡在审核这一步。",
        ),
        ("问进度只说让等通知。", "急着发工资，账户还下不来。"),
        ("希望一次说清楚要哪些材料。", "能不能告诉我卡在哪个部门？"),
    ),
    "machine": Voice(
        "自助设备故障",
        (
            "自助机吞了我的卡，现场没有人管。",
            "存款机点错了钱，少记了{n}百。",
            "门口两台取款机一台没钱一台坏了。",
        ),
        ("打了机器上的电话没人接。",),
        ("请尽快修好。", "设备坏了应该贴个提示。"),
    ),
    "loan": Voice(
        "贷款进度没有消息",
        (
            "房贷申请交了{n}天，没有人告诉我到哪一步。",
            "客户经理换了人，之前交的材料说找不到了。",
            "审批通过以后放款又等了两个星期。",
        ),
        ("卖房的一方天天催。",),
        ("希望在手机上能看到进度。",),
    ),
    "praise": Voice(
        "感谢你们的工作人员",
        (
            "{who}耐心地帮我母亲办好了社保卡，还送她出门。",
            "挂失补卡只用了{t}分钟，办得又快又清楚。",
            "{who}发现我可能遇到诈骗，及时拦了下来，非常感谢。",
            "问题反映以后第二天就打电话来解决了。",
        ),
        ("态度特别好。", "这样的服务让人放心。"),
        ("希望表扬一下。",),
    ),
    "other": Voice(
        "随便说两句",
        (
            "整体还可以，和别的银行差不多。",
            "办得挺顺利。",
            "没什么特别的，正常办理。",
            "网点环境不错，就是停车不方便。",
        ),
    ),
}
EN: dict[str, Voice] = {
    "waiting": Voice(
        "Long queue",
        (
            "Waited {t} minutes with {n} people ahead and only {m} counters open.",
            "It took {t} minutes in the queue for something that needed five at the counter.",
        ),
        ("Nobody explained the delay.", "The number screen did not move for ages."),
        ("Please open more counters at noon.", "Let us book a slot in the app."),
    ),
    "attitude": Voice(
        "Rude staff",
        ("The clerk was impatient and answered half of my questions.", "I was told off in public for a missing copy."),
        ("Another colleague then solved it at once.",),
        ("A little courtesy would help.",),
    ),
    "app": Voice(
        "App does not work",
        ("The app crashes as soon as I open it since the update.", "Login spins for ever even with the right code; tried {n} times."),
        ("Reinstalling did not help.",),
        ("Please fix it soon.",),
    ),
    "letters": Voice(
        "Letter damaged",
        ("My card came in a torn envelope.", "The statement arrived soaked and unreadable."),
        ("It has my personal details in it.",),
        ("Use better envelopes or send it by e-mail.",),
    ),
    "fees": Voice("Unclear fee", ("I was charged {n} yuan without any notice.",), (), ("Please explain or refund it.",)),
    "documents": Voice(
        "Account opening is slow",
        ("Our company papers have been under review for {n} days.", "We were asked for papers twice and waited again each time."),
        ("Nobody can say which department has them.",),
        ("Tell us at the start what you need.",),
    ),
    "machine": Voice("Machine out of order", ("The machine kept my card and nobody was there.",), (), ("Please repair it.",)),
    "loan": Voice("No news on my loan", ("I applied {n} days ago and nobody tells me where it stands.",), (), ("Show the progress in the app.",)),
    "praise": Voice(
        "Thank you",
        ("{who} patiently helped my mother with her card.", "My lost card was replaced in {t} minutes. Well done."),
        ("Very kind.",),
    ),
    "other": Voice("A few words", ("All fine, nothing special.", "It went smoothly.", "Nice branch, hard to park.")),
}  # fmt: skip
_WHO_ZH = ("大堂的小王", "三号窗口的柜员", "一位姓李的客户经理", "保安师傅", "热线的客服")
_WHO_EN = ("The lobby manager", "The clerk at counter 3", "The security guard", "The hotline agent")


def write(random: np.random.Generator, topic: str, english: bool) -> tuple[str, str]:
    """Title and text about a topic."""
    voice = (EN if english else ZH)[topic]
    sentences = [_pick(random, voice.matter)]
    if voice.detail and random.random() < 0.45:
        sentences.append(_pick(random, voice.detail))
    if voice.wish and random.random() < 0.4:
        sentences.append(_pick(random, voice.wish))
    text = (
        (" " if english else "")
        .join(sentences)
        .format(
            n=int(random.integers(3, 40)),
            m=int(random.integers(1, 4)),
            t=int(random.integers(3, 95)),
            who=_pick(random, _WHO_EN if english else _WHO_ZH),
        )
    )
    return voice.title, text


def _pick(random: np.random.Generator, choices: tuple[str, ...]) -> str:
    return choices[int(random.integers(len(choices)))]
