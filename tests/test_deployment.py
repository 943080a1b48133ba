"""Compose files and proxy agree with the settings. Needs no Docker; `make docker-scale-smoke` starts them."""

from __future__ import annotations

import ipaddress
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

from clipscape.cli import make_parser
from clipscape.settings import PREFIX, Settings, load_settings

ROOT = Path(__file__).parent.parent
COMPOSE = {name: (ROOT / name).read_text() for name in ("docker-compose.yml", "docker-compose.scale.yml")}
SCALE: dict[str, Any] = yaml.safe_load(COMPOSE["docker-compose.scale.yml"])
SERVICES: dict[str, Any] = SCALE["services"]
NGINX = (ROOT / "deploy" / "nginx.conf").read_text()
SETTINGS = load_settings({})
REPLICAS = ["replica-1", "replica-2"]


@pytest.mark.parametrize("name", COMPOSE)
def test_every_container_is_locked_down_and_bounded(name: str) -> None:
    for service in yaml.safe_load(COMPOSE[name])["services"].values():
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert "no-new-privileges:true" in service["security_opt"]
        assert {"mem_limit", "pids_limit", "restart", "stop_grace_period"} <= set(service)


def test_only_the_proxy_is_published_and_only_to_this_machine_unless_told_otherwise() -> None:
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert published == {"proxy": ["${CLIPSCAPE_PUBLISH:-127.0.0.1:8000}:8080"]}
    assert SCALE["networks"]["inside"]["internal"] is True
    for name, service in SERVICES.items():
        assert set(service["networks"]) == ({"inside", "outside"} if name == "proxy" else {"inside"})


def test_no_password_stands_in_the_file() -> None:
    said = re.findall(r"PASSWORD: (\S+)|postgresql://\w+:([^@\s]+)", COMPOSE["docker-compose.scale.yml"])
    assert said
    assert all("".join(found).startswith("${POSTGRES_PASSWORD:?") for found in said)
    assert ".env" in (ROOT / ".gitignore").read_text().splitlines()


def test_the_settings_that_are_given_exist_and_the_replicas_are_alike() -> None:
    environments = [SERVICES[name]["environment"] for name in REPLICAS]
    assert environments[0] == environments[1]
    given = {name: value for name, value in environments[0].items() if name.startswith(PREFIX)}
    assert {name.removeprefix(PREFIX).lower() for name in given} <= set(Settings.model_fields)
    filled = {
        name: re.sub(r"\$\{[^}]*?(?::-([^}]*)|:\?[^}]*)\}", r"\g<1>", str(value)) for name, value in given.items()
    }
    settings = load_settings(filled)
    assert settings.dask_scheduler == "tcp://scheduler:8786"
    assert settings.database_url.get_secret_value().endswith("@database/clipscape")


def test_fixed_addresses_agree() -> None:
    network = ipaddress.ip_network(SCALE["networks"]["inside"]["ipam"]["config"][0]["subnet"])
    fixed = {name: SERVICES[name]["networks"]["inside"]["ipv4_address"] for name in ("proxy", *REPLICAS)}
    assert all(ipaddress.ip_address(address) in network for address in fixed.values())
    assert SERVICES["proxy"]["extra_hosts"] == [f"{name}:{fixed[name]}" for name in REPLICAS]
    assert SERVICES["replica-1"]["environment"]["CLIPSCAPE_TRUSTED_PROXIES"] == fixed["proxy"]
    assert re.findall(r"server ([\w-]+):8000 max_fails", NGINX) == REPLICAS


def directive(name: str) -> float:
    """Return the number of a directive of nginx, in its own unit."""
    (found,) = set(re.findall(rf"^\s*{name} (?:\d+ )?(\d+)[smk]?;", NGINX, flags=re.MULTILINE))
    return float(found)


def test_the_proxy_is_more_patient_and_takes_more_than_the_server() -> None:
    assert directive("client_max_body_size") * 1024 > SETTINGS.max_body_bytes
    assert directive("large_client_header_buffers") * 1024 > SETTINGS.max_url_bytes
    assert directive("keepalive_timeout") < SETTINGS.keep_alive
    assert directive("proxy_read_timeout") > SETTINGS.sweep_deadline
    assert directive("client_body_timeout") <= SETTINGS.body_seconds


def test_the_image_for_many_is_built_from_its_own_lock_file() -> None:
    for name in (*REPLICAS, "scheduler", "worker"):
        lock = SERVICES[name]["build"]["args"]["LOCK"]
        assert (ROOT / lock).is_file()
        assert f"!{lock}" in (ROOT / ".dockerignore").read_text().splitlines()


GUIDE = (ROOT / "docs" / "self-hosting.md").read_text()
LINES = [
    line
    for block in re.findall(r"^```sh\n(.*?)^```$", GUIDE, flags=re.MULTILINE | re.DOTALL)
    for line in block.splitlines()
]
KNOWN = ("docker", "curl", "sudo", "echo", "CLIPSCAPE_ROOT_PATH=/tools/clipscape")


def parsed(words: list[str]) -> None:
    """Have the real parser read a command; it ends the test where it does not understand."""
    assert words[0] == "clipscape"
    make_parser().parse_args([word for word in words[1:] if word not in (">", "<")])


@pytest.mark.parametrize("line", LINES)
def test_the_guide_names_commands_services_and_files_that_exist(line: str) -> None:
    words = shlex.split(line)
    assert words[0] in KNOWN
    if words[0].startswith("CLIPSCAPE_"):
        load_settings(dict([words[0].split("=")]))
        parsed(words[1:])
    for word in words:
        assert not word.startswith("deploy/") or (ROOT / word).is_file()
    if words[:2] == ["docker", "compose"]:
        many = words[2] == "-f"
        services = yaml.safe_load(COMPOSE[words[3] if many else "docker-compose.yml"])["services"]
        action, *rest = words[4 if many else 2 :]
        assert action in ("up", "build", "exec", "cp")
        named = [word.partition(":")[0].partition("=")[0] for word in rest if not word.startswith("--")]
        assert action not in ("exec", "cp") or set(named) & set(services)
        if action == "exec":
            command = rest[rest.index(next(word for word in rest if word in services)) + 1 :]
            command = command[: next((command.index(sign) for sign in "<>" if sign in command), None)]
            assert command[0] in ("clipscape", "pg_dump", "rm")
            if command[0] == "clipscape":
                parsed(command)


def test_the_proxies_and_the_unit_hide_the_same_and_know_their_settings() -> None:
    assert "respond /statusz 404" in (ROOT / "deploy" / "Caddyfile").read_text()
    assert "location ~ /statusz$ { return 404; }" in NGINX
    unit = (ROOT / "deploy" / "clipscape.service").read_text()
    given = re.findall(r"^Environment=(CLIPSCAPE_\w+)=", unit, flags=re.MULTILINE)
    assert given == ["CLIPSCAPE_DATA_DIR"]


def test_every_metric_of_the_guide_exists_and_every_one_is_told() -> None:
    source = (ROOT / "backend" / "clipscape" / "api" / "traffic.py").read_text()
    made = set(re.findall(r'"clipscape_(\w+)"', source)) | set(
        re.findall(r'_(?:gauge|count|labelled)\("(\w+)"', source)
    )
    told = {name.removesuffix("_total") for name in re.findall(r"`clipscape_(\w+)", GUIDE)}
    assert len(made) > 12
    assert made == told
