"""``servloop import``: a file into the facts, by the same job as from the page; and taking an import back."""

from __future__ import annotations

import sys
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from servloop.errors import InputError
from servloop.io.imports.targets import TARGETS
from servloop_app.cli.output import EXIT_REJECTS, common_options, print_json, print_table

if TYPE_CHECKING:
    from servloop_app.collect.models import Import

_LINES_NAMED = 5
_POLL_SECONDS = 0.2


@click.command("import")
@click.argument("file", required=False)
@click.option(
    "--as", "target", type=click.Choice(sorted(TARGETS)), help="Kind of data (default: recognised)."
)
@click.option("--unit", default="", metavar="CODE", help="Unit of rows that name none (default: the whole).")
@click.option(
    "--name",
    default="",
    help="Survey, process or source system; rows of one name are compared with each other.",
)
@click.option(
    "--map", "mapped", multiple=True, metavar="FIELD=COLUMN", help="Column of a field; repeat for more."
)
@click.option("--set", "constants", multiple=True, metavar="FIELD=VALUE", help="One value for all rows.")
@click.option("--time-format", metavar="FORMAT", help="Notation of times, e.g. %d/%m/%Y %H:%M.")
@click.option("--missing", multiple=True, metavar="TEXT", help="Also means “no value”; repeat for more.")
@click.option("--scale", metavar="MIN:MAX", help="Scale of ratings.")
@click.option("--undo", metavar="ID", help="Take the import of this id back instead.")
@common_options
def command(file: str | None, undo: str | None, *, language: str, as_json: bool, **options: Any) -> None:
    """Import FILE: map, check, set wrong rows aside, store each row once (导入)."""
    if (file is None) == (undo is None):
        raise click.UsageError("Give either a file or --undo ID.")
    from servloop_app.cli import platform

    platform.start_django()
    platform.prepare_database()
    found = _take_back(undo) if undo else _bring_in(Path(str(file)), options)
    if found.error_code:
        raise InputError(found.error_code, **found.error_params)
    document = _document(found)
    if as_json:
        print_json({**document, "warnings": [n.to_dict(language) for n in found.notices]}, language)
    else:
        _tables(found, document, language)
    if found.rejected and not undo:
        sys.exit(EXIT_REJECTS)


def _bring_in(path: Path, options: dict[str, Any]) -> Import:
    from servloop.io.imports.mapping import shape_of
    from servloop_app.cli.platform import machine_owner
    from servloop_app.collect import files, queries
    from servloop_app.collect.actions import AddImport, ConfirmImport
    from servloop_app.core.actions import execute

    if not path.is_file():
        raise InputError("io.missing_file", file=str(path))
    public_id = uuid.uuid4()
    with path.open("rb") as handle:
        size = files.keep_upload(public_id, path.name, iter(lambda: handle.read(1 << 20), b""))
    try:
        with files.called(path.name):
            head = queries.preview(public_id)
        name = options["name"] or path.name.partition(".")[0]
        mapping, _remembered = queries.suggested(head, name=name, target=options["target"])
        actor = machine_owner()
        wanted = {**mapping.to_dict(), **_given(mapping.to_dict(), options)}
        added = AddImport(
            public_id, options["unit"] or _root(), path.name, size, wanted, shape_of(head.columns)
        )
        execute(added, actor)
    except Exception:
        files.remove(public_id)
        raise
    return _finished(execute(ConfirmImport(public_id, wanted), actor).outcome)


def _given(mapping: dict[str, Any], options: dict[str, Any]) -> dict[str, Any]:
    """What the command line says about the mapping, over what was suggested."""
    changes: dict[str, Any] = {
        "columns": {**mapping["columns"], **_pairs(options["mapped"], "--map")},
        "constants": {**mapping["constants"], **_pairs(options["constants"], "--set")},
    }
    for option, entry in (("name", "name"), ("timezone", "timezone"), ("time_format", "time_format")):
        if options[option]:
            changes[entry] = options[option]
    if options["missing"]:
        changes["missing"] = ["", *options["missing"]]
    if options["scale"]:
        low, _, high = options["scale"].partition(":")
        try:
            changes["rating_scale"] = [float(low), float(high)]
        except ValueError:
            raise click.BadParameter("expected MIN:MAX, e.g. 1:5", param_hint="--scale") from None
    return changes


def _pairs(texts: tuple[str, ...], option: str) -> dict[str, str]:
    pairs = [text.partition("=") for text in texts]
    if not all(name and sign for name, sign, _ in pairs):
        raise click.BadParameter("expected NAME=VALUE", param_hint=option)
    return {name: value for name, _, value in pairs}


def _root() -> str:
    from servloop_app.core.policy import EverythingPolicy

    tree = EverythingPolicy().tree
    assert tree.root is not None
    return tree.codes[tree.root]


def _take_back(public_id: str) -> Import:
    from servloop_app.cli.platform import machine_owner
    from servloop_app.collect.actions import UndoImport
    from servloop_app.core.actions import execute
    from servloop_app.core.errors import NotFound

    try:
        source = uuid.UUID(public_id)
    except ValueError:
        raise NotFound("import", public_id) from None
    return _finished(execute(UndoImport(source), machine_owner()).outcome)


def _finished(found: Import) -> Import:
    """The import after its job: carried out here, unless a worker was quicker."""
    from servloop_app.jobs.runs import perform

    assert found.run is not None
    perform(found.run.public_id)
    while True:
        found.refresh_from_db()
        run = found.run
        assert run is not None
        if run.state in {"done", "cancelled"}:
            return found
        if run.state == "failed":
            raise InputError(run.message_code, **run.message_params)
        time.sleep(_POLL_SECONDS)


def _document(found: Import) -> dict[str, Any]:
    lines = found.quarantined.values_list("line", flat=True)[:_LINES_NAMED]
    return {
        "id": str(found.public_id),
        "state": found.state,
        "as": found.target,
        "name": found.mapping["name"],
        "rows": found.rows,
        "accepted": found.accepted,
        "rejected": found.rejected,
        "rejected_lines": list(lines),
        "reasons": found.report.get("reasons", {}),
        "stored": found.stored,
    }


def _tables(found: Import, document: dict[str, Any], language: str) -> None:
    rows = [(table, s["new"], s["revised"], s["repeated"]) for table, s in found.stored.items()]
    print_table(f"{found.file_name}  {document['id']}", ("facts", "new", "revised", "known"), rows)
    click.echo(
        f"{found.rows or 0:,} rows, {found.accepted or 0:,} accepted, {found.rejected or 0:,} set aside"
    )
    for notice in found.notices:
        click.echo(f"! {notice.message(language)}", err=True)
    if found.rejected:
        reasons = ", ".join(f"{reason} ×{count:,}" for reason, count in document["reasons"].items())
        lines = ", ".join(map(str, document["rejected_lines"]))
        more = "…" if found.rejected > _LINES_NAMED else ""
        click.echo(f"! {reasons}; lines {lines}{more}", err=True)
