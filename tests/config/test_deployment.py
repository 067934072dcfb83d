"""Makefile, image, Compose file and documents agree with the code."""

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.demo_process import ROOT

_READ = re.compile(
    r"""(?:env\.\w+|_flag|_number|_required|environ\.get|environment\.(?:get|pop))\(\s*"([A-Z_]+)\""""
)


def _read_by(*files: str) -> set[str]:
    return {name for file in files for name in _READ.findall((ROOT / file).read_text())}


def _compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return loaded


def _in_example() -> set[str]:
    return set(re.findall(r"^#?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))


def _stages() -> list[str]:
    return re.findall(r"^FROM .* AS (\S+)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)


def test_readme_names_every_setting() -> None:
    settings = _read_by("config/settings.py", "config/environment.py", "gunicorn.conf.py")
    assert {
        "SECRET_KEY",
        "DEBUG",
        "TELNYX_READ_SECONDS",
        "SIMFLEET_HOME",
        "ALLOWED_HOSTS",
    } < settings
    rows = set(re.findall(r"^\| `([A-Z_]+)` \|", (ROOT / "README.md").read_text(), re.MULTILINE))
    assert settings - rows == set()
    assert _read_by("config/demo.py") - rows == set()


def test_the_example_names_every_setting() -> None:
    settings = _read_by("config/settings.py", "gunicorn.conf.py")
    assert settings - _in_example() == {"SIMFLEET_DEMO"}


def test_readme_names_commands_that_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    readme = (ROOT / "README.md").read_text()
    assert set(re.findall(r"\bmake ([a-z]+)", readme)) <= targets
    commands = {path.stem for path in ROOT.glob("*/management/commands/*.py")}
    commands |= {"migrate", "collectstatic", "shell"}
    assert set(re.findall(r"manage\.py ([a-z_]+)", readme)) <= commands


def test_compose_asks_for_stages_and_settings_that_exist() -> None:
    compose = _compose()
    services = compose["services"]
    assert services.keys() == {"postgres", "redis", "migrate", "web", "worker", "beat", "sandbox"}
    for service in services.values():
        if "build" in service:
            assert service["build"]["target"] in _stages()
    asked = set(re.findall(r"\$\{([A-Z_]+)", (ROOT / "docker-compose.yml").read_text()))
    assert asked <= _in_example()
    for service in services.values():
        for volume in service.get("volumes", []):
            assert volume.split(":")[0] in compose["volumes"]


def test_nothing_uses_the_database_before_it_is_migrated() -> None:
    services = _compose()["services"]
    for name in ("web", "worker", "beat"):
        awaited = services[name]["depends_on"]["migrate"]["condition"]
        assert awaited == "service_completed_successfully"
    assert services["migrate"]["depends_on"]["postgres"]["condition"] == "service_healthy"


def test_the_default_image_is_simfleet_and_no_root() -> None:
    assert _stages()[-1] == "simfleet"
    last = (ROOT / "Dockerfile").read_text().split("AS simfleet\n")[1]
    assert "USER simfleet" in last
    assert "/healthz" in last


def test_what_the_image_copies_is_there_and_not_ignored() -> None:
    copied = [
        source
        for line in re.findall(
            r"^COPY (?!--from)(.*)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE
        )
        for source in line.split()[:-1]
    ]
    kept = re.findall(r"^!(\S+)$", (ROOT / ".dockerignore").read_text(), re.MULTILINE)
    assert copied
    for source in copied:
        assert (ROOT / source).exists()
        assert source.split("/")[0] in kept


def test_the_image_holds_every_package_that_django_loads() -> None:
    from django.conf import settings

    ours = {app for app in settings.INSTALLED_APPS if (ROOT / app.split(".")[0]).is_dir()}
    text = (ROOT / "Dockerfile").read_text()
    assert {app for app in ours if f"COPY {app} {app}\n" not in text} == set()


def test_ci_is_executable() -> None:
    assert os.access(ROOT / ".ci" / "run", os.X_OK)


@pytest.mark.parametrize("python", ["no-such-python", "old-python"])
def test_make_says_which_python_it_needs(python: str, tmp_path: Path) -> None:
    old = tmp_path / "old-python"
    old.write_text('#!/bin/sh\n[ "$1" = -V ] && echo Python 3.10.1 || exit 1\n')
    old.chmod(0o755)
    result = subprocess.run(
        ["make", "--file", str(ROOT / "Makefile"), "setup", f"PYTHON={python}"],
        cwd=tmp_path,
        env=os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    said = [line for line in result.stderr.splitlines() if not line.startswith("make")]
    assert result.returncode != 0
    assert len(said) == 1
    assert said[0].startswith("Simfleet needs Python 3.11 or newer, but ")
    assert not (tmp_path / ".venv").exists()
