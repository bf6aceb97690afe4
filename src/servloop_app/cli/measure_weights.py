"""`servloop measure weights|sample-size`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from servloop_app.cli.measure_frames import show_frame
from servloop_app.cli.measure_input import TableRequest, spec_option, table_command
from servloop_app.cli.output import common_options, print_result

if TYPE_CHECKING:
    import polars as pl


@click.command("weights")
@spec_option
@click.option("--mean", metavar="COLUMN", help="Also the weighted mean of this column.")
@click.option("--cluster", metavar="COLUMN", help="Column of clusters, for the error of the mean.")
@click.option("--finite-population", type=float, metavar="N", help="Units (or clusters) in the population.")
@click.option("--out", metavar="FILE", help="Write the rows with their weight (.csv or .parquet).")
@table_command
def weights(
    request: TableRequest,
    *,
    spec: Any,
    mean: str | None,
    cluster: str | None,
    finite_population: float | None,
    out: str | None,
) -> None:
    """Weight answers to known population totals (加权)."""
    from servloop.measure.specs import validated
    from servloop.measure.weighting_estimates import weighted_mean
    from servloop.measure.weighting_spec import WeightingReport, weighting_from_spec

    checked = validated("weights", spec)
    file = request.read()
    found = weighting_from_spec(file.frame, checked)
    average = (
        weighted_mean(file.frame, mean, found, cluster=cluster, finite_population=finite_population)
        if mean
        else None
    )
    warnings = (*found.warnings, *(average.warnings if average else ()))
    report = WeightingReport(weighting=found, mean=average, warnings=warnings)
    if out:
        _write(file.frame.with_columns(found.to_frame()["weight"]), out)

    def show() -> None:
        import polars as pl

        names = ("n", "iterations", "max_margin_error", "kish_deff", "n_effective", "smallest", "largest")
        show_frame(
            "weights", pl.DataFrame([{name: getattr(found, name) for name in names}]), request.language
        )
        if average is not None:
            show_frame("weighted_mean", average.to_frame(), request.language)

    request.report(report, file, show)


def _write(frame: pl.DataFrame, out: str) -> None:
    if out.endswith(".parquet"):
        frame.write_parquet(out)
        return
    # With a byte order mark spreadsheets read Chinese right.
    Path(out).write_text(frame.write_csv(), encoding="utf-8-sig")


@click.command("sample-size")
@click.option(
    "--margin", type=float, required=True, help="Half-width of the interval of a share, such as 0.05."
)
@click.option("--share", type=float, default=0.5, show_default=True, help="Expected share.")
@click.option("--population", type=int, metavar="N", help="Size of the population.")
@click.option("--response-rate", type=float, help="Expected response rate, to plan invitations.")
@click.option("--design-effect", type=float, default=1.0, show_default=True)
@click.option("--level", type=float, default=0.95, show_default=True)
@common_options
def sample_size(*, as_json: bool, language: str, **options: Any) -> None:
    """How many answers a share needs (样本量)."""
    from servloop.measure.sampling import sample_size as compute

    asked = {
        name: options[name] for name in ("share", "population", "response_rate", "design_effect", "level")
    }
    result = compute(options["margin"], **asked)
    print_result(
        result,
        as_json=as_json,
        language=language,
        table=lambda: show_frame(
            "sample_size", result.to_frame().select("n", "n_infinite", "invitations"), language
        ),
    )
