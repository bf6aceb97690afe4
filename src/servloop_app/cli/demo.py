"""``servloop demo``: a sample organisation in a data folder of its own, served like any other."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

import click

from servloop_app.cli.output import language_of

_DATA = "var/demo"


@click.command("demo")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--no-serve", is_flag=True, help="Load the sample data and end.")
@click.option(
    "--scale",
    default=1.0,
    show_default=True,
    type=click.FloatRange(0, 20),
    help="How much there is: 1 is 50,000 feedback records and 300,000 events; 0 is none.",
)
@click.option(
    "--files",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="Only write sample files there, to try the commands on.",
)
@click.option(
    "--nothing-planted",
    is_flag=True,
    help="The same bank without the planted effects and differences: nothing should be found in it.",
)
@click.option("--lang", "language", metavar="zh|en", help="Language of the sample files.")
def command(
    host: str,
    port: int,
    files: Path | None,
    language: str | None,
    *,
    no_serve: bool,
    scale: float,
    nothing_planted: bool,
) -> None:
    """Load a sample organisation and start the platform. 装入示例组织并启动平台。

    The data go to var/demo (var/demo-nothing-planted), or to SERVLOOP_DATA when that is set. Run it again to go on
    with the same data; delete the folder to start afresh.
    """
    if files is not None:
        from servloop_app.demo import sample_files

        for path in sample_files.write(files, language or language_of(())):
            click.echo(path)
        return
    from servloop_app.cli import platform

    os.environ.setdefault("SERVLOOP_DATA", f"{_DATA}-nothing-planted" if nothing_planted else _DATA)
    platform.start_django()
    from django.conf import settings

    made = _load(Path(settings.DATA_FOLDER), scale, planted=not nothing_planted, at_once=no_serve)
    _say_how_to_sign_in(Path(settings.DATA_FOLDER), made, f"http://{host}:{port}/")
    if not no_serve:
        # A process of its own: what making the data needed of memory is not to stay for as long as it is served.
        sys.stdout.flush()
        start = [sys.executable, "-c", "from servloop_app.cli import main; main()"]
        os.execv(sys.executable, [*start, "up", "--host", host, "--port", str(port)])  # noqa: S606  # ourselves


def _load(folder: Path, scale: float, *, planted: bool, at_once: bool) -> Mapping[str, str]:
    """Make what is missing, and return the passwords that were made up now."""
    from django.core.management import call_command

    from servloop_app.cli import platform
    from servloop_app.demo import about, organisation, passwords, process_logs, records, tasks

    actor = platform.machine_owner()
    if platform.migrations_pending():
        call_command("migrate", verbosity=0, interactive=False)
    organisation.set_up(actor)
    kept = passwords.read(folder)
    made = {} if kept else passwords.make(folder, [person.username for person in organisation.PEOPLE])
    organisation.employ(kept or made, actor, renew=bool(made))
    process_logs.load(actor)
    platform.prepare_database()
    if scale:
        about.note(folder, planted=planted, scale=scale)
        tasks.attach()
        process_logs.load_calls(actor, planted=planted)
        records.load(actor, scale=scale, planted=planted, at_once=at_once)
    return made


def _say_how_to_sign_in(folder: Path, made: Mapping[str, str], address: str) -> None:
    from servloop_app.demo.organisation import NAME, PEOPLE
    from servloop_app.demo.passwords import FILE_NAME

    click.echo(f"{NAME.zh}：人员、单位和记录都是虚构的。")
    click.echo(f"{NAME.en}: people, units and records are made up.\n")
    for person in PEOPLE:
        password = f"{made[person.username]}  " if made else ""
        click.echo(f"  {person.username:<10}{password}{person.name}，{person.duty.zh} / {person.duty.en}")
    where = folder / FILE_NAME
    click.echo(f"\n打开 {address}，用上面任一用户名登录；密码保存在 {where}（只有您能读）。")
    click.echo(
        f"Open {address} and sign in with one of these names; {where} keeps the passwords (mode 0600)."
    )
