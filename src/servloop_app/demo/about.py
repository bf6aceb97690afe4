"""What the sample bank says of itself: that it is made up, and what was planted in it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from servloop_app.core.localized import LocalizedText
from servloop_app.demo.simulator.world import PLANTED, Planted

FILE_NAME = "sample.json"


@dataclass(frozen=True)
class Described:
    """A planted effect in words.

    Attributes:
        planted: where, when and how large.
        title: what happened.
        size: how large it is.
        look: where an analysis should find it.
        route: name of the address of that page.
        query: to be put behind the address.
    """

    planted: Planted
    title: LocalizedText
    size: LocalizedText
    look: LocalizedText
    route: str
    query: str = ""


_WORDS: Mapping[str, tuple[LocalizedText, LocalizedText, LocalizedText, str, str]] = {
    "document_check_waits": (
        LocalizedText("资料审核之后要等尽调组排期", "The document check waits for the due-diligence team"),
        LocalizedText("尽职调查之前的等待变为平时的 2.7 倍", "waiting before due diligence is 2.7 times the usual"),
        LocalizedText("发现：环节变慢；流程：对公开户的瓶颈", "findings: a step got slower; process: bottleneck of account opening"),
        "findings",
        "",
    ),
    "app_release": (
        LocalizedText("手机银行改版之后投诉集中出现", "A wave of complaints after a release of the app"),
        LocalizedText("有关手机银行的投诉为平时的 6 倍，逐周回落", "complaints about the app are 6 times the usual and fade week by week"),
        LocalizedText("监控：热线投诉占比越出控制限；首页的变化", "monitors: the hotline's share of complaints leaves its limits; changes on the home page"),
        "metric",
        "?unit=hotline",
    ),
    "courtesy_training": (
        LocalizedText("三家支行开展文明用语培训", "Courtesy training in three branches"),
        LocalizedText("隐含的满意程度提高 0.30 分（1—5 分）", "satisfaction rises by 0.30 points on the hidden 1–5 scale"),
        LocalizedText("效果评估：与未培训的支行相比", "effect check: against the branches without training"),
        "projects",
        "",
    ),
    "queue_screens": (
        LocalizedText("两家支行换了叫号屏", "New queue screens in two branches"),
        LocalizedText("没有任何效果", "no effect at all"),
        LocalizedText("效果评估：应得出“无明显差异”", "effect check: should say “no clear difference”"),
        "projects",
        "",
    ),
    "monday_staffing": (
        LocalizedText("热线周一人手不足", "Too few people at the hotline on Mondays"),
        LocalizedText("周一首次答复时间为其他日子的 3 倍", "first answers take 3 times as long on Mondays"),
        LocalizedText("发现：一周中某天偏差", "findings: worse on one day of the week"),
        "findings",
        "",
    ),
    "letter_packaging": (
        LocalizedText("信函换了更结实的包装", "Letters come in better envelopes"),
        LocalizedText("有关信函的投诉减少 60%", "complaints about letters fall by 60%"),
        LocalizedText("效果评估：前后对比", "effect check: before and after"),
        "projects",
        "",
    ),
}  # fmt: skip


def described() -> list[Described]:
    """All planted effects, in the order in which they began."""
    found = [Described(PLANTED[code], *words) for code, words in _WORDS.items()]
    return sorted(found, key=lambda one: one.planted.start)


def note(folder: Path, *, planted: bool, scale: float) -> None:
    """Leave a note in the data folder that this is the sample bank, and which."""
    (folder / FILE_NAME).write_text(json.dumps({"planted": planted, "scale": scale}), encoding="utf-8")


def noted(folder: Path) -> dict[str, bool | float] | None:
    """The note of a data folder; None when it does not hold the sample bank."""
    try:
        read: dict[str, bool | float] = json.loads((folder / FILE_NAME).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return read
