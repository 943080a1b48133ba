"""`clipscape links`: what an operator does with the store of short links."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from clipscape.complaints import Complaint, ScenarioError

if TYPE_CHECKING:
    from clipscape.links.database import Database
    from clipscape.links.rows import Row

_PROBLEMS = 1


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the subcommand and what it can do."""
    parser = commands.add_parser("links", help="look after the store of short links")
    actions = parser.add_subparsers(required=True, metavar="action")

    def action(name: str, what: str, command: Callable[[argparse.Namespace], int]) -> argparse.ArgumentParser:
        found = actions.add_parser(name, help=what, description=what)
        found.set_defaults(command=command)
        return found

    action("backup", "copy the SQLite store into a new file, also while a server runs", backup).add_argument(
        "file", type=Path, help="the file to write; it must not exist"
    )
    action("restore", "replace the SQLite store by a backup, also while a server runs", restore_file).add_argument(
        "file", type=Path, help="a file that `backup` wrote"
    )
    action("check", "look at every link: its hash, and whether its document still opens", check)
    action("delete", "delete the document of one link; the link then says that it was removed", delete).add_argument(
        "id", help="the id, or the whole link"
    )
    action("export", "write every link as a line of JSON", export).add_argument(
        "file", nargs="?", default="-", help="the file to write; - or nothing: standard output"
    )
    importing = action("import", "take over the links of another store, under the same ids", import_links)
    importing.add_argument("file", help="a SQLite store, a file that `export` wrote, or - for standard input")
    importing.add_argument("--dry-run", action="store_true", help="only say what would be done")
    importing.add_argument("--verify", action="store_true", help="afterwards compare every link byte for byte")


def backup(options: argparse.Namespace) -> int:
    """Copy the store."""
    from clipscape.links.copying import CopyError, back_up

    try:
        links = back_up(_file_of_store(), options.file)
    except CopyError as error:
        raise _told(str(error)) from None
    print(f"{links} links are in {options.file}.")
    return 0


def restore_file(options: argparse.Namespace) -> int:
    """Bring a copy back."""
    from clipscape.links.copying import CopyError, check_file, restore

    target = _file_of_store()
    try:
        aside = restore(options.file, target)
        links = check_file(target)
    except CopyError as error:
        raise _told(str(error)) from None
    if aside is not None:
        print(f"The damaged store was kept as {aside}.")
    print(f"{links} links are in {target}.")
    return 0


def check(_options: argparse.Namespace) -> int:
    """Look at every link; the exit code is 1 where something is wrong."""
    from clipscape.links.rows import all_rows, fault_of

    links = deleted = wrong = 0
    with _store() as database:
        with database.writing() as connection:
            database.backend.verify(connection)
        for row in all_rows(database):
            links += row.deleted_at is None
            deleted += row.deleted_at is not None
            fault = fault_of(row)
            if fault is not None:
                wrong += 1
                print(f"{row.id}: {fault}", file=sys.stderr)
    print(f"{links} links, {deleted} deleted, {wrong} with something wrong.")
    return _PROBLEMS if wrong else 0


def delete(options: argparse.Namespace) -> int:
    """Delete one link."""
    from clipscape.links.store import LinkStore, MissingLinkError, RemovedLinkError

    link_id = options.id.rstrip("/").rsplit("/", 1)[-1]
    with _store() as database:
        try:
            LinkStore(database).delete(link_id)
        except MissingLinkError:
            raise _told(f"there is no link {link_id[:60]}") from None
        except RemovedLinkError:
            raise _told(f"{link_id} was deleted before") from None
    print(f"{link_id} is deleted. Browsers that have it may show it until they forget it.")
    return 0


def export(options: argparse.Namespace) -> int:
    """Write every link as a line."""
    from clipscape.links.rows import all_rows, as_line

    count = 0
    with ExitStack() as stack:
        database = stack.enter_context(_store())
        to_file = options.file != "-"
        target = stack.enter_context(open(options.file, "xb")) if to_file else sys.stdout.buffer
        for row in all_rows(database):
            target.write(as_line(row))
            count += 1
        target.flush()
    print(f"{count} links were written.", file=sys.stderr)
    return 0


def import_links(options: argparse.Namespace) -> int:
    """Take over links; the exit code is 1 where some could not be."""
    from clipscape.links.rows import copy_rows, fault_of, missing_rows

    refused: list[str] = []

    def sound() -> Iterator[Row]:
        for row in source():
            fault = fault_of(row)
            if fault is None:
                yield row
            elif row.id not in refused:
                refused.append(row.id)
                print(f"{row.id}: {fault}; it is left out", file=sys.stderr)

    with _store() as target:
        source = _source(options.file)
        done = copy_rows(sound(), target, dry_run=options.dry_run)
        for link_id in done.clashes:
            print(f"{link_id}: another document has this id here; it is left as it is", file=sys.stderr)
        would = "would be" if options.dry_run else "were"
        print(f"{done.new} links {would} taken over, {done.known} were here, {len(done.clashes) + len(refused)} not.")
        wrong: list[str] = []
        if options.verify and not options.dry_run:
            wrong = missing_rows(sound(), target)
            print(f"{done.new + done.known - len(wrong)} links compared byte for byte, {len(wrong)} differ.")
    return _PROBLEMS if wrong or refused or done.clashes else 0


def _source(name: str) -> Callable[[], Iterator[Row]]:
    """Return what reads the rows of a file, as often as it is called."""
    from clipscape.links.database import Database
    from clipscape.links.rows import all_rows, from_line
    from clipscape.links.sqlite_file import SqliteFile

    if name != "-" and not Path(name).exists():
        raise _told(f"{name} does not exist")
    content = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    if content.startswith(b"SQLite format 3\0"):
        database = Database(SqliteFile(Path(name), 2**40, 0, 5.0))
        return lambda: all_rows(database)
    try:
        rows = [from_line(line) for line in content.splitlines()]
    except ValueError as error:
        raise _told(f"{name} cannot be read: {error}") from None
    return lambda: iter(rows)


@contextmanager
def _store() -> Iterator[Database]:
    """The store of the settings in force."""
    from clipscape.links.database import Database
    from clipscape.links.faults import StoreError
    from clipscape.settings import load_settings

    database = Database(load_settings().link_backend)
    try:
        yield database
    except StoreError as error:
        raise _told(f"the store of links cannot be used: {error.reason}") from None
    finally:
        database.close()


def _file_of_store() -> Path:
    from clipscape.links.sqlite_file import SqliteFile
    from clipscape.settings import load_settings

    backend = load_settings().link_backend
    if not isinstance(backend, SqliteFile):
        raise _told("the links are in PostgreSQL: use pg_dump, or `clipscape links export`")
    return backend.path


def _told(what: str) -> ScenarioError:
    return ScenarioError([Complaint("links", what, "clipscape links --help")])
