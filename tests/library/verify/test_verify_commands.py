"""`servloop verify`: the same figures as the library, as one JSON document or a table."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from servloop.errors import InputError
from servloop_app.cli import cli


def run(*arguments: str) -> Any:
    result = CliRunner().invoke(cli, ["verify", *arguments, "--json"], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    document = json.loads(result.stdout)
    table = CliRunner().invoke(cli, ["verify", *arguments, "--lang", "zh"], catch_exceptions=False)
    assert table.exit_code == 0
    assert table.stdout
    return document


@pytest.mark.parametrize("start", ["1983-02", None])
def test_before_after_on_seatbelts(reference: Path, tmp_path: Path, start: str | None) -> None:
    source = reference / "data/effects/R_Seatbelts.csv"
    golden = json.loads((reference / "golden/verify/its_causalimpact_py.json").read_text())["its_level"]
    options = ["--value", "drivers", "--no-slope", "--phase", "month", "--log", "--lags", "12"]
    if start is None:
        document = run("before-after", str(source), *options, "--start", "169")
    else:
        lines = source.read_text().splitlines()
        dated = [f'{lines[0]},"date"']
        dated += [f'{line},"{1969 + row // 12}-{row % 12 + 1:02}"' for row, line in enumerate(lines[1:])]
        file = tmp_path / "belts.csv"
        file.write_text("\n".join([dated[0], *reversed(dated[1:])]))
        document = run("before-after", str(file), *options, "--time", "date", "--start", start)
    level = document["level_change"]
    assert level["estimate"]["value"] == pytest.approx(golden["law_R"], rel=1e-6)
    assert level["standard_error"] == pytest.approx(golden["se_nw12_R"], rel=1e-6)
    assert document["warnings"][0]["code"] == "verify.no_comparison"
    assert len(document["counterfactual"]) == 192


def test_did_with_units_and_without(reference: Path, tmp_path: Path) -> None:
    golden = json.loads((reference / "golden/verify/did_py.json").read_text())
    homes = run("did", str(reference / "data/effects/wooldridge_kielmc.csv"), "--outcome", "rprice", "--treated", "nearinc", "--after", "y81")  # fmt: skip
    assert homes["effect"]["estimate"]["value"] == pytest.approx(
        golden["kielmc_rprice"]["params"]["y81:nearinc"]
    )
    lines = (reference / "data/effects/causaldata_organ_donations.csv").read_text().splitlines()
    rows = [lines[0] + ",on"]
    for line in lines[1:]:
        state, _, _, quarter = line.split(",")
        rows.append(f"{line},{int(state == 'California' and int(quarter) > 3)}")
    file = tmp_path / "organs.csv"
    file.write_text("\n".join(rows))
    judged = run("did", str(reference / "data/effects/wooldridge_kielmc.csv"), "--outcome", "rprice", "--treated", "nearinc", "--after", "y81", "--smallest", "30000")  # fmt: skip
    assert judged["verdict"]["decision"] == "stop"
    assert judged["verdict"]["reason"]["code"] == "verify.gain_too_small"
    panel = run("did", str(file), "--outcome", "Rate", "--unit", "State", "--time", "Quarter_Num", "--treatment", "on")  # fmt: skip
    assert panel["effect"]["standard_error"] == pytest.approx(
        golden["organ_donations"]["se_cluster"], rel=1e-6
    )
    assert len(panel["events"]) == 6


def test_synthetic_on_proposition_99(reference: Path) -> None:
    source = str(reference / "data/effects/smoking_data.csv")
    document = run("synthetic", source, "--outcome", "cigsale", "--unit", "state", "--time", "year", "--treated", "California", "--start", "1989")  # fmt: skip
    assert document["effect"]["value"] == pytest.approx(-19.513631369276553, rel=1e-6)
    assert document["placebo_rank"] == 3


def test_ab_of_shares_means_and_adjusted_means(reference: Path, tmp_path: Path) -> None:
    golden = json.loads((reference / "golden/verify/abtest_py.json").read_text())
    file = tmp_path / "shares.csv"
    rows = ["老版,1"] * 200 + ["老版,0"] * 3800 + ["新版,1"] * 255 + ["新版,0"] * 3845
    file.write_text("\n".join(["组,done", *rows]), encoding="utf-8")
    rule = ["--smallest", "0.01", "--better", "increase"]
    document = run("ab", str(file), "--group", "组", "--outcome", "done", "--control", "老版", *rule)
    assert document["verdict"]["decision"] == "adopt"
    assert document["comparison"]["effect"]["p_value"] == pytest.approx(golden["prop_two"]["p"], rel=1e-6)
    assert document["sample_ratio"]["mismatch"] is False
    data = golden["cuped"]
    rows = [f"a,{y},{x}" for y, x in zip(data["y_a"], data["pre_a"], strict=True)]
    rows += [f"b,{y},{x}" for y, x in zip(data["y_b"], data["pre_b"], strict=True)]
    file.write_text("\n".join(["group,y,x", *rows]))
    plain = run("ab", str(file), "--group", "group", "--outcome", "y")
    assert plain["comparison"]["effect"]["p_value"] == pytest.approx(data["raw_p"], rel=1e-6)
    adjusted = run("ab", str(file), "--group", "group", "--outcome", "y", "--earlier", "x")
    assert adjusted["comparison"]["effect"]["p_value"] == pytest.approx(data["cuped_p"], rel=1e-6)
    ratio = run("ab", str(file), "--group", "group", "--outcome", "y", "--denominator", "x")
    assert ratio["comparison"]["method"] == "delta method"


def test_spc_charts(reference: Path) -> None:
    folder = reference / "data/monitoring/spc"
    golden = json.loads((reference / "golden/verify/spc_qcc27.json").read_text())
    rings = run("spc", str(folder / "pistonrings.csv"), "--value", "diameter", "--subgroup", "sample", "--kind", "xbar", "--baseline", "25")  # fmt: skip
    assert rings["center"][0] == pytest.approx(golden["xbar_R_piston_phase1_25"]["center"], rel=1e-9)
    cloth = run("spc", str(folder / "dyedcloth.csv"), "--value", "x", "--size", "size", "--kind", "u")
    assert cloth["upper"] == pytest.approx(golden["u_dyedcloth"]["ucl"], rel=1e-6)
    complaints = run("spc", str(folder / "qicharts2_cdi.csv"), "--value", "n", "--kind", "c", "--phase", "24", "--rules", "nelson")  # fmt: skip
    assert complaints["phase"][-1] == 1


def test_wrong_requests_say_what_there_is(tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    file.write_text("day,value,name\n2026-01-01,1,a\n2026-01-02,2,b\n2026-01-03,3,c\n")
    for arguments, code in (
        (["before-after", str(file), "--value", "valeu", "--start", "1"], "verify.column_missing"),
        (["before-after", str(file), "--value", "name", "--start", "1"], "verify.column_not_numbers"),
        (["before-after", str(file), "--value", "value", "--start", "soon"], "verify.start_not_a_row"),
        (
            ["before-after", str(file), "--value", "value", "--time", "day", "--start", "2027"],
            "verify.start_unknown",
        ),
        (["ab", str(file), "--group", "name", "--outcome", "value"], "verify.groups_two"),
    ):
        with pytest.raises(InputError) as caught:
            CliRunner().invoke(cli, ["verify", *arguments], catch_exceptions=False)
        assert caught.value.code == code
    assert CliRunner().invoke(cli, ["verify", "did", str(file), "--outcome", "value"]).exit_code == 2
    assert (
        CliRunner().invoke(cli, ["verify", "spc", str(file), "--value", "value", "--kind", "p"]).exit_code
        == 2
    )
