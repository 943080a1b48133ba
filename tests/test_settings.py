"""Settings: read from the environment, checked, listed; nothing is ignored in silence."""

from __future__ import annotations

from pathlib import Path

import pytest

from clipscape.settings import Settings, SettingsError, load_settings, settings_table


def test_without_variables_everything_has_a_default() -> None:
    settings = load_settings({})
    assert (settings.host, settings.port) == ("127.0.0.1", 8000)
    assert settings.workers >= 1
    assert settings.max_body_bytes == 65_536
    assert settings.keep_alive == 75


def test_variables_are_read_whatever_their_case_of_the_value_type() -> None:
    settings = load_settings({"CLIPSCAPE_PORT": "9000", "CLIPSCAPE_DATA_DIR": "/data", "CLIPSCAPE_DEADLINE": "2.5"})
    assert (settings.port, settings.data_dir, settings.deadline) == (9000, Path("/data"), 2.5)
    assert settings.compressed_dir == Path("/data/assets")


def test_what_is_given_by_hand_wins() -> None:
    assert load_settings({"CLIPSCAPE_PORT": "9000"}, port=9001).port == 9001


def test_other_variables_are_left_alone() -> None:
    assert load_settings({"PATH": "/bin", "CLIP_PORT": "x"}) == load_settings({})


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("CLIPSCAPE_PROT", "did you mean CLIPSCAPE_PORT?"),
        ("CLIPSCAPE_DEADLINES", "did you mean CLIPSCAPE_DEADLINE?"),
        ("CLIPSCAPE_XYZ_ZYX", "`clipscape config` lists all of them"),
        ("clipscape_prot", "did you mean CLIPSCAPE_PORT?"),
    ],
)
def test_an_unknown_name_is_an_error_with_a_hint(name: str, hint: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings({name: "1"})
    assert name in str(caught.value)
    assert hint in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "65536"),
        ("PORT", "eight"),
        ("WORKERS", "0"),
        ("DEADLINE", "0"),
        ("DEADLINE", "nan"),
        ("MAX_COST", "-1"),
        ("MAX_BODY_BYTES", "10"),
        ("LOG_LEVEL", "loud"),
    ],
)
def test_an_impossible_value_is_an_error_that_names_the_variable(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"CLIPSCAPE_{name}: "):
        load_settings({f"CLIPSCAPE_{name}": value})


def test_the_table_lists_every_setting_with_value_and_help() -> None:
    settings = load_settings({"CLIPSCAPE_PORT": "9000"})
    table = {name: (value, help_text) for name, value, help_text in settings_table(settings)}
    assert set(table) == {f"CLIPSCAPE_{name.upper()}" for name in Settings.model_fields}
    assert table["CLIPSCAPE_PORT"][0] == "9000"
    assert all(help_text.endswith(".") for _, help_text in table.values())


def test_the_queue_grows_with_the_workers() -> None:
    settings = load_settings({}, workers=3, queue_per_worker=10)
    assert settings.pool_limits.queue == 30
