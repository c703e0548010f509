"""The house: the wheel holds what it needs, the lock is sound, the bootstrap finds its way."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from zipfile import ZipFile

import pytest

from symderiv import __version__
from symderiv._paths import templates_dir
from symderiv.commands import COMMANDS

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def bootstrap():
    spec = importlib.util.spec_from_file_location("bootstrap", ROOT / "scripts" / "bootstrap.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "-qq", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*command, "-w", str(folder), str(ROOT)], check=True, timeout=120)
    (path,) = folder.glob("*.whl")
    return path


def test_the_wheel_works_outside_the_checkout(wheel, tmp_path):
    target = tmp_path / "installed"
    with ZipFile(wheel) as archive:
        archive.extractall(target)
    environment = {**os.environ, "PYTHONPATH": str(target)}
    code = "import symderiv, symderiv._paths as p; print(symderiv.__file__, p.templates_dir(), sep='\\n')"
    options = {"capture_output": True, "text": True, "timeout": 60, "cwd": tmp_path, "env": environment, "check": True}
    places = subprocess.run([sys.executable, "-c", code], **options).stdout.split()
    assert all(place.startswith(str(target)) for place in places)
    made = subprocess.run([sys.executable, "-m", "symderiv", "new", "my_exam"], **options).stdout.split()
    assert made and all((tmp_path / file).is_file() for file in made)


def test_the_wheel_holds_the_templates_and_no_tests(wheel):
    with ZipFile(wheel) as archive:
        names = archive.namelist()
    inside = {name.removeprefix("symderiv/templates/") for name in names if name.startswith("symderiv/templates/")}
    files = [path.relative_to(ROOT / "templates") for path in templates_dir().rglob("*") if path.is_file()]
    assert {file.as_posix() for file in files if "__pycache__" not in file.parts} == inside
    assert "symderiv/py.typed" in names
    assert not any(name.startswith(("tests/", "templates/", "scripts/")) for name in names)


def test_entry_points_lead_somewhere():
    project = PROJECT["project"]
    targets = [*project["scripts"].values(), *project["entry-points"]["pytest11"].values()]
    assert all(importlib.util.find_spec(target.partition(":")[0]) for target in targets)
    assert all(importlib.util.find_spec(f"symderiv.commands.{verb}") for verb in COMMANDS)
    assert re.fullmatch(r"\d+\.\d+\.\d+", __version__)
    assert f"## {__version__}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-bench.lock"])
def test_locks_have_hashes_and_no_hosts(lock):
    text = (ROOT / lock).read_text(encoding="utf-8")
    assert "://" not in text and "--index" not in text
    blocks = re.split(r"\n(?=\S)", text.strip())
    assert len(blocks) > 10
    assert all(re.match(r"[\w.-]+==\S+", block) and "--hash=sha256:" in block for block in blocks)


def test_every_dependency_is_locked():
    project = PROJECT["project"]
    extras = project["optional-dependencies"]
    wanted = [*project["dependencies"], *(line for name, lines in extras.items() if name != "bench" for line in lines)]
    names = {re.match(r"[\w.-]+", line)[0] for line in wanted} - {"symderiv"}
    locked = set(re.findall(r"^([\w.-]+)==", (ROOT / "requirements.lock").read_text(encoding="utf-8"), re.MULTILINE))
    assert names <= locked


def test_pip_is_fetched_from_an_index_and_checked(bootstrap, tmp_path, monkeypatch, capsys):
    requirement, hashes = bootstrap.pinned_pip()
    assert requirement.startswith("pip==") and all(len(digest) == 64 for digest in hashes)
    name = f"pip-{requirement.partition('==')[2]}-py3-none-any.whl"
    page = tmp_path / "simple" / "pip"
    page.mkdir(parents=True)
    (page / name).write_bytes(b"not the real one")
    (page / "index.html").write_text(f'<a href="other-1.whl">x</a><a href="{name}#sha256=ab">{name}</a>')
    index = (tmp_path / "simple").as_uri()
    assert bootstrap.fetch_wheel(index, name) == b"not the real one"
    assert bootstrap.fetch_wheel(index, "pip-0-py3-none-any.whl") is None
    assert bootstrap.fetch_wheel((tmp_path / "nowhere").as_uri(), name) is None
    monkeypatch.setattr(bootstrap, "indexes", lambda: [index])
    assert not bootstrap.pip_by_wheel(sys.executable)
    assert "is not the file in the lock" in capsys.readouterr().err


def test_settings_of_pip_are_read(bootstrap, tmp_path, monkeypatch):
    config = tmp_path / "pip.conf"
    config.write_text("[global]\nextra-index-url = https://b.example/simple\n    https://c.example/simple\n")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(config))
    monkeypatch.setenv("PIP_INDEX_URL", "https://user:secret@a.example/simple")
    monkeypatch.delenv("PIP_EXTRA_INDEX_URL", raising=False)
    assert [url.rpartition("@")[2] for url in bootstrap.indexes()] == [
        "a.example/simple",
        "https://b.example/simple",
        "https://c.example/simple",
    ]
    assert "secret" not in bootstrap.shown(bootstrap.indexes()[0])


def test_nothing_is_done_while_the_lock_is_unchanged(bootstrap, tmp_path, monkeypatch):
    lock = tmp_path / "some.lock"
    lock.write_text("a==1")
    made = []
    for name in ("make_environment", "install_pip"):
        monkeypatch.setattr(bootstrap, name, lambda venv: (venv.mkdir(exist_ok=True), made.append(venv)))
    monkeypatch.setattr(bootstrap, "install", lambda venv, lock: made.append(lock))
    monkeypatch.setattr(sys, "argv", ["bootstrap", "--venv", str(tmp_path / "venv"), "--lock", str(lock)])
    bootstrap.main()
    assert len(made) == 3
    bootstrap.main()
    assert len(made) == 3
    lock.write_text("a==2")
    bootstrap.main()
    assert len(made) == 6


def test_a_python_that_is_too_old_is_told(bootstrap, monkeypatch):
    monkeypatch.setattr(bootstrap.sys, "version_info", (3, 9, 2))
    monkeypatch.setattr(sys, "argv", ["bootstrap"])
    with pytest.raises(SystemExit, match="is not 3.11, 3.12 or 3.13"):
        bootstrap.main()
