"""What is stored stays as it is, under an id that follows from it; over SQLite and over PostgreSQL."""

from __future__ import annotations

import hashlib
import random
import threading
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import inspect, select, text, update

from clipscape.links.faults import StoreError
from clipscape.links.ids import ALPHABET, LONGEST, SHORTEST, digest_of, id_of, is_id
from clipscape.links.store import LinkStore, MissingLinkError, RemovedLinkError
from clipscape.links.table import LINKS, METADATA, PROBE


def test_an_id_is_the_hash_as_a_fraction_in_base_27() -> None:
    body = b'{"version":1}'
    digest = hashlib.sha256(b"clipscape-state\n" + body).hexdigest()
    assert digest_of(body) == digest
    whole = id_of(digest, LONGEST)
    value = sum(ALPHABET.index(letter) * 27.0 ** -(place + 1) for place, letter in enumerate(whole))
    assert value == pytest.approx(int(digest, 16) / 2**256, abs=1e-15)
    assert id_of(digest) == whole[:12]
    exact = int(digest, 16) * 27**12 // 2**256
    digits = []
    for _ in range(12):
        exact, digit = divmod(exact, 27)
        digits.append(ALPHABET[digit])
    assert id_of(digest) == "".join(reversed(digits))


def test_the_ids_of_today_are_the_ids_of_tomorrow() -> None:
    assert id_of(digest_of(b"")) == "c2m5zp9pxxrr"
    assert id_of(digest_of(b'{"a":7}')) == "8x2gpzzs2nht"


def test_the_alphabet_has_no_vowels_and_no_look_alikes() -> None:
    assert len(set(ALPHABET)) == 27
    assert not set(ALPHABET) & set("aeiouy01l")
    assert ALPHABET.lower() == ALPHABET


@given(st.binary(max_size=40))
@settings(max_examples=50, derandomize=True, deadline=None)
def test_every_id_is_one(body: bytes) -> None:
    digest = digest_of(body)
    for length in (SHORTEST, 13, LONGEST):
        assert is_id(id_of(digest, length))
    assert len({id_of(digest, length) for length in range(SHORTEST, LONGEST + 1)}) == LONGEST - SHORTEST + 1


@pytest.mark.parametrize("wrong", ["", "2" * 11, "2" * 55, "2222222222a2", "2222222222B2", "22222222222\n"])
def test_what_cannot_be_an_id(wrong: str) -> None:
    assert not is_id(wrong)


def test_the_same_document_has_the_same_id_and_one_row(store: LinkStore) -> None:
    first = store.put(b'{"a":1}', 1)
    assert first.new
    assert store.put(b'{"a":1}', 1) == first._replace(new=False)
    assert store.put(b'{"a":2}', 1).id != first.id
    assert store.count() == 2


def test_what_comes_back_is_what_was_stored_byte_for_byte(store: LinkStore) -> None:
    body = bytes(range(256)) * 10
    stored = store.put(body, 3)
    link = store.get(stored.id)
    assert (link.id, link.body, link.version) == (stored.id, body, 3)
    assert link.created_at > 1.7e9


def test_an_unknown_id_is_missing(store: LinkStore) -> None:
    with pytest.raises(MissingLinkError):
        store.get("222222222222")


def claim_id(store: LinkStore, link_id: str, body: bytes) -> None:
    """Put another document under an id, as a clash of hashes would."""
    with store.database.writing() as connection:
        connection.execute(
            LINKS.insert().values(
                id=link_id, full_hash=digest_of(body), v=1, engine="1", body=body, size=len(body), created_at=0
            )
        )


def test_a_clash_lengthens_the_id_and_harms_neither(store: LinkStore) -> None:
    digest = digest_of(b"mine")
    claim_id(store, id_of(digest), b"another")
    claim_id(store, id_of(digest, 13), b"a third")
    stored = store.put(b"mine", 1)
    assert stored == (id_of(digest, 14), True)
    assert store.put(b"mine", 1) == (id_of(digest, 14), False)
    assert store.get(id_of(digest)).body == b"another"
    assert store.get(id_of(digest, 13)).body == b"a third"
    assert store.get(stored.id).body == b"mine"


def test_a_deleted_link_leaves_a_stone_and_its_document_is_not_stored_again(store: LinkStore) -> None:
    stored = store.put(b"unkind", 1)
    store.delete(stored.id)
    with pytest.raises(RemovedLinkError):
        store.get(stored.id)
    with pytest.raises(RemovedLinkError):
        store.put(b"unkind", 1)
    with pytest.raises(RemovedLinkError):
        store.delete(stored.id)
    with pytest.raises(MissingLinkError):
        store.delete("222222222222")
    assert store.count() == 0
    with store.database.reading() as connection:
        (row,) = connection.execute(select(LINKS)).all()
    assert (row.id, row.body, row.size) == (stored.id, b"", 0)
    assert row.deleted_at is not None


def test_no_visitor_is_in_a_row() -> None:
    assert set(LINKS.c.keys()) == {"id", "full_hash", "v", "engine", "body", "size", "created_at", "deleted_at"}


def test_bytes_that_were_changed_behind_our_back_are_not_handed_out(store: LinkStore) -> None:
    stored = store.put(b'{"threshold":1}', 1)
    with store.database.writing() as connection:
        connection.execute(update(LINKS).values(body=b'{"threshold":9}'))
    with pytest.raises(StoreError) as caught:
        store.get(stored.id)
    assert caught.value.kind == "corrupt"


def test_who_may_not_store_something_new_may_store_what_is_known(store: LinkStore) -> None:
    class NoError(Exception):
        pass

    def refuse() -> None:
        raise NoError

    with pytest.raises(NoError):
        store.put(b"new", 1, refuse)
    assert store.count() == 0
    stored = store.put(b"new", 1)
    assert store.put(b"new", 1, refuse) == stored._replace(new=False)


def test_many_who_store_the_same_at_once_make_one_row(open_store: Callable[..., LinkStore]) -> None:
    stores = [open_store() for _ in range(4)]
    results: list[Any] = []
    start = threading.Barrier(8)

    def work(number: int) -> None:
        start.wait()
        results.extend(stores[number % 4].put(b"%d" % turn, 1) for turn in range(10))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 80
    assert sum(result.new for result in results) == 10
    assert len({result.id for result in results}) == 10
    assert stores[0].count() == 10


def test_a_link_made_on_one_server_opens_on_the_other_at_once(open_store: Callable[..., LinkStore]) -> None:
    one, other = open_store(), open_store()
    assert other.count() == 0
    stored = one.put(b"shared", 1)
    assert other.get(stored.id).body == b"shared"


def test_the_migrations_make_the_tables_that_the_code_uses(store: LinkStore) -> None:
    store.count()
    with store.database.reading() as connection:
        found = inspect(connection)
        assert set(found.get_table_names()) == {*METADATA.tables, "alembic_version"}
        for table in METADATA.sorted_tables:
            columns = {column["name"]: column for column in found.get_columns(table.name)}
            assert set(columns) == set(table.c.keys())
            for column in table.c:
                assert columns[column.name]["nullable"] == column.nullable
                assert isinstance(
                    columns[column.name]["type"], column.type.as_generic().__class__ | type(column.type).__mro__[1]
                )


def test_a_database_of_the_first_step_loses_its_empty_table_and_no_link(open_store: Callable[..., LinkStore]) -> None:
    old = open_store()
    kept = old.put(b"a document", 1).id
    with old.database.writing() as connection:
        connection.execute(text("CREATE TABLE results (link_id VARCHAR(54) PRIMARY KEY)"))
        connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    new = open_store()
    assert new.get(kept).body == b"a document"
    with new.database.reading() as connection:
        assert "results" not in inspect(connection).get_table_names()


def test_servers_that_start_together_make_the_tables_once(open_store: Callable[..., LinkStore]) -> None:
    counts: list[int] = []
    stores = [open_store() for _ in range(4)]
    threads = [threading.Thread(target=lambda one=one: counts.append(one.count())) for one in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counts == [0, 0, 0, 0]


def test_a_database_of_a_newer_release_is_left_alone(open_store: Callable[..., LinkStore]) -> None:
    store = open_store()
    stored = store.put(b"kept", 1)
    with store.database.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreError) as caught:
        open_store().put(b"more", 1)
    assert caught.value.kind == "newer"
    assert store.get(stored.id).body == b"kept"


def test_a_probe_leaves_nothing_behind(store: LinkStore) -> None:
    for _ in range(3):
        store.database.probe()
    with store.database.reading() as connection:
        assert connection.execute(select(PROBE)).all() == []


def fill(store: LinkStore) -> None:
    """Store 400 kB that cannot be compressed."""
    chance = random.Random(1)
    for _ in range(100):
        store.put(chance.randbytes(4000), 1)


def test_a_store_that_is_full_says_so_and_still_reads(open_store: Callable[..., LinkStore]) -> None:
    small = open_store(max_bytes=160_000)
    first = small.put(b"first", 1)
    with pytest.raises(StoreError) as caught:
        fill(small)
    assert caught.value.kind == "full"
    assert small.put(b"first", 1) == first._replace(new=False), "a known document needs no room"
    assert small.get(first.id).body == b"first"
    with pytest.raises(StoreError):
        small.database.probe()
    larger = open_store()
    assert larger.put(b"after", 1).new
