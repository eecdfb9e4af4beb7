"""Commands that look after the warehouse, the store and the sample news web: `db`, `raw`, `store`, `newsroom`."""

from __future__ import annotations

import argparse
import shlex
import sys
from datetime import date
from pathlib import Path

from pipeline.cli.arguments import Commands, add_actions, add_command, day, port, positive, today, write_file
from pipeline.config import Settings
from pipeline.errors import ConfigError, Fatal
from pipeline.terminal import tell


def add_upkeep(commands: Commands) -> None:
    """Add `db`, `raw`, `store` and `newsroom`."""
    actions = add_actions(commands, "db", "bring the warehouse's schema up to date, or show where it stands")
    add_command(actions, "upgrade", _db_upgrade, "apply the migrations that are missing")
    add_command(actions, "status", _db_status, "list the migrations and whether they are applied")

    actions = add_actions(commands, "raw", "look after the archive of raw pages")
    add_command(actions, "gc", _raw_gc, "delete segments that no night names, which killed runs leave behind")

    actions = add_actions(commands, "store", "back up the store, or bring a backup back")
    dump = add_command(
        actions, "dump", _store_dump, "write all of the store to one tar file", example="copydesk store dump store.tar"
    )
    dump.add_argument("file", metavar="TAR", help="the file, - for standard output")
    restore = add_command(actions, "restore", _store_restore, "write the files of a backup into the store; others stay as they are")
    restore.add_argument("file", metavar="TAR", help="the file, - for standard input")

    actions = add_actions(commands, "newsroom", "the sample news web")
    serve = add_command(actions, "serve", _newsroom_serve, "serve it until Ctrl-C, on loopback unless another address is named")
    serve.add_argument("--port", type=port, default=8799, metavar="P", help="port (default: %(default)s)")
    serve.add_argument("--listen", default="127.0.0.1", metavar="IP", help="address to listen on (default: %(default)s)")
    serve.add_argument(
        "--domain", default="localhost", metavar="NAME",
        help="domain of its hosts; for any but %(default)s your DNS must know them",
    )  # fmt: skip
    serve.add_argument("--seed", type=int, default=1, help="another seed, another news web (default: %(default)s)")
    serve.add_argument("--stories", type=positive, default=40, metavar="N", help="stories of the day (default: %(default)s)")
    serve.add_argument("--outlets", type=positive, default=8, metavar="N", help="publishers (default: %(default)s)")
    serve.add_argument("--day", type=day, metavar="D", help="the day of the news (default: today)")
    serve.add_argument("--write-sources", metavar="F", help="write a sources file for it first")


def _db_upgrade(options: argparse.Namespace, settings: Settings) -> int:
    from pipeline.warehouse import configured_warehouse, set_search, upgrade

    warehouse = configured_warehouse(settings)
    done = [f"applied {name}" for name in upgrade(warehouse)]
    # Made here, because a load may be run by who does not own the tables; only a load takes it away.
    if settings.full_text and set_search(warehouse, on=True):
        done.append("made the full-text index")
    print("\n".join(done) or "the schema is up to date")
    return 0


def _db_status(options: argparse.Namespace, settings: Settings) -> int:
    from pipeline.warehouse import configured_warehouse, status
    from pipeline.warehouse.engine import check_made

    check_made(settings.warehouse_url)
    for line in status(configured_warehouse(settings)):
        print(line)
    return 0


def _raw_gc(options: argparse.Namespace, settings: Settings) -> int:
    from pipeline import nights

    removed = nights.collect_garbage(settings)
    print("\n".join(f"deleted {key}" for key in removed) or "every segment is in use")
    return 0


def _store_dump(options: argparse.Namespace, settings: Settings) -> int:
    from pipeline import backup
    from pipeline.json_lines import whole_file
    from pipeline.store import open_store

    store = open_store(settings.store)
    try:
        with whole_file(options.file) as stream:
            number = backup.dump(store, stream)
            if not number:  # in the wrong folder, say: it must not take the place of an earlier backup
                raise ConfigError(f"store dump: the store {store.url} is empty; name yours in COPYDESK_STORE")
    except BrokenPipeError as error:  # of other output one may want the beginning alone
        raise Fatal("store dump: what reads the backup has ended before it was whole; see why, and dump again") from error
    tell(f"{store.url}: {number} files dumped")
    return 0


def _store_restore(options: argparse.Namespace, settings: Settings) -> int:
    from pipeline import backup
    from pipeline.store import open_store

    store = open_store(settings.store)
    try:
        opened = sys.stdin.buffer if options.file == "-" else Path(options.file).open("rb")  # noqa: SIM115
    except OSError as error:
        raise ConfigError(f"restore: {options.file}: cannot be read ({error.strerror}); name what `store dump` wrote") from error
    with opened as stream:
        number = backup.restore(store, stream)
    tell(f"{store.url}: {number} files restored")
    return 0


def _newsroom_serve(options: argparse.Namespace, settings: Settings) -> int:
    import newsroom
    from newsroom.feeds import sources_toml
    from newsroom.server import serve

    day = date.fromisoformat(options.day or today(settings))
    try:
        web = newsroom.build(seed=options.seed, stories=options.stories, outlets=options.outlets, day=day, domain=options.domain)
    except ValueError as error:
        raise ConfigError(f"newsroom: {error}") from error
    if options.write_sources:
        write_file(Path(options.write_sources), sources_toml(web, options.port))
        night = f"COPYDESK_ALLOW_PRIVATE_HOSTS=1 copydesk run --sources {shlex.quote(options.write_sources)} --date {day}"
        tell(f"{options.write_sources} written; its night, from another terminal: {night}")

    def tell_where() -> None:
        tell(f"the sample newsroom is on http://{options.listen}:{options.port} (Ctrl-C stops it)")

    try:
        serve(web, tell_where, options.port, options.listen)
    except OSError as error:
        where = f"--listen {options.listen} --port {options.port}"
        raise ConfigError(f"newsroom: {where} cannot be used ({error.strerror}); name another") from error
    return 0
