"""Make .venv and put the locked packages into it, from nothing but Python 3.11 to 3.13.

A Debian Python is often "externally managed" and comes without ensurepip or pip.
Only the environment is written to, never the system, and pip gets there by the
first way that works: ensurepip; the system's own pip; pip's wheel, fetched from
the package index that pip's settings name and checked against the lock; or the
wheel inside Debian's package python3-pip-whl, downloaded but not installed.

Nothing is done while the lock, the project file and this file are unchanged.
"""

from __future__ import annotations

import argparse
import configparser
import fcntl
import hashlib
import html.parser
import importlib.util
import os
import re
import shutil
import ssl
import subprocess
import sys
import tempfile
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements.lock"
SUPPORTED = ((3, 11), (3, 13))


def main() -> None:
    """Bring the environment up to date with the lock."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--venv", type=Path, default=ROOT / ".venv")
    parser.add_argument("--lock", type=Path, default=LOCK)
    options = parser.parse_args()
    if not SUPPORTED[0] <= sys.version_info[:2] <= SUPPORTED[1]:
        fail(f"Python {sys.version.split()[0]} is not 3.11, 3.12 or 3.13; say `make PYTHON=python3.11 …`")
    venv = options.venv.absolute()
    stamp = venv / f".{options.lock.stem}.stamp"
    wanted = fingerprint(options.lock)
    with options.lock.open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)  # two targets made at once install one after the other
        if stamp.is_file() and stamp.read_text() == wanted:
            return
        make_environment(venv)
        install_pip(venv)
        install(venv, options.lock)
        stamp.write_text(wanted)


def fingerprint(lock: Path) -> str:
    """A hash of everything the environment is made from."""
    parts = [lock, ROOT / "pyproject.toml", Path(__file__)]
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    return hashlib.sha256(version.encode() + b"".join(part.read_bytes() for part in parts)).hexdigest()


def make_environment(venv: Path) -> None:
    """An environment without pip, unless a working one of this Python version is already there."""
    python = venv / "bin" / "python"
    found = run_quietly([python, "-c", "import sys; print(*sys.version_info[:2])"]) if python.exists() else None
    if found is not None and found.split() == [str(part) for part in sys.version_info[:2]]:
        return
    if importlib.util.find_spec("venv") is None:
        fail("this Python has no module `venv`; install Debian's python3 package (not only python3-minimal)")
    say(f"making {venv}")
    import venv as environments

    environments.EnvBuilder(with_pip=False, clear=True, symlinks=True).create(venv)


def install_pip(venv: Path) -> None:
    """Get pip into the environment by the first way that works."""
    python = str(venv / "bin" / "python")
    if run_quietly([python, "-m", "pip", "--version"]) is not None:
        return
    for way in (pip_by_ensurepip, pip_by_system, pip_by_wheel, pip_by_debian):
        if way(python) and run_quietly([python, "-m", "pip", "--version"]) is not None:
            return
    fail(
        "pip could not be had: this Python has no ensurepip, there is no system pip, and the package index was not "
        "reached. Set PIP_INDEX_URL to an index you can reach, or install Debian's python3-venv package."
    )


def pip_by_ensurepip(python: str) -> bool:
    """Python's own copy of pip; Debian splits it off into python3-venv."""
    if importlib.util.find_spec("ensurepip") is None:
        return False
    return run_quietly([python, "-m", "ensurepip", "--default-pip"]) is not None


def pip_by_system(python: str) -> bool:
    """A system pip may install into an environment also where the system itself is externally managed."""
    if importlib.util.find_spec("pip") is None:
        return False
    return run_quietly([sys.executable, "-m", "pip", "--python", python, "install", "-qq", pinned_pip()[0]]) is not None


def pip_by_wheel(python: str) -> bool:
    """Fetch pip's wheel as pip itself would, check it against the lock, and let it install itself."""
    requirement, hashes = pinned_pip()
    name = f"pip-{requirement.partition('==')[2]}-py3-none-any.whl"
    for index in indexes():
        content = fetch_wheel(index, name)
        if content is None:
            continue
        if hashlib.sha256(content).hexdigest() not in hashes:
            say(f"{name} from {shown(index)} is not the file in the lock; left aside")
            continue
        with tempfile.TemporaryDirectory() as folder:
            wheel = Path(folder) / name
            wheel.write_bytes(content)
            command = [python, str(wheel / "pip"), "install", "-qq", "--no-index", str(wheel)]
            return run_quietly(command) is not None
    return False


def pip_by_debian(python: str) -> bool:
    """Take pip's wheel out of Debian's package of it; apt checks the package, and nothing is installed."""
    if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
        return False
    with tempfile.TemporaryDirectory() as folder:
        download: list[str | Path] = ["apt-get", "download", "python3-pip-whl"]
        if run_quietly(download, folder) is None:
            run_quietly(["apt-get", "update"], folder)  # a new machine has no package lists yet
            if run_quietly(download, folder) is None:
                return False
        for package in Path(folder).glob("*.deb"):
            run_quietly(["dpkg-deb", "-x", str(package), folder], folder)
        wheels = sorted(Path(folder).glob("usr/share/python-wheels/pip-*.whl"))
        if not wheels:
            return False
        command = [python, str(wheels[-1] / "pip"), "install", "-qq", "--no-index", str(wheels[-1])]
        return run_quietly(command) is not None


def pinned_pip() -> tuple[str, set[str]]:
    """The lock's line for pip: the requirement and the hashes allowed."""
    block = re.search(r"^(pip==\S+)((?:\s*\\\n\s+--hash=sha256:\w+)+)", LOCK.read_text(), re.MULTILINE)
    if block is None:
        fail("requirements.lock does not pin pip; make it again with `make lock`")
    return block[1], set(re.findall(r"sha256:(\w+)", block[2]))


def indexes() -> list[str]:
    """The package indexes that pip's settings name, in its order; without settings pip alone knows one."""
    return [*setting("index-url").split(), *setting("extra-index-url").split()]


def setting(name: str) -> str:
    """One of pip's settings: environment first, then its configuration files."""
    value = os.environ.get("PIP_" + name.upper().replace("-", "_"), "")
    files = ["/etc/pip.conf", "~/.pip/pip.conf", "~/.config/pip/pip.conf", os.environ.get("PIP_CONFIG_FILE", "")]
    parser = configparser.RawConfigParser()
    parser.read([os.path.expanduser(file) for file in files if file])
    return value or parser.get("global", name, fallback="")


def fetch_wheel(index: str, name: str) -> bytes | None:
    """The file called ``name`` from pip's page of a simple index, or None."""
    page_url = index.rstrip("/") + "/pip/"
    page = fetch(page_url + ("index.html" if page_url.startswith("file:") else ""))
    if page is None:
        return None
    links = Links()
    links.feed(page.decode("utf-8", "replace"))
    for link in links.found:
        url = urllib.parse.urljoin(page_url, link)
        if urllib.parse.unquote(urllib.parse.urlsplit(url).path).endswith("/" + name):
            return fetch(url.partition("#")[0])
    return None


def fetch(url: str) -> bytes | None:
    """The content of an address, or None and a line that says why not."""
    parts = urllib.parse.urlsplit(url)
    request = urllib.request.Request(parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl())
    if parts.username:
        import base64

        words = f"{urllib.parse.unquote(parts.username)}:{urllib.parse.unquote(parts.password or '')}"
        request.add_header("Authorization", "Basic " + base64.b64encode(words.encode()).decode())
    certificates = setting("cert") or os.environ.get("SSL_CERT_FILE") or None
    try:
        context = ssl.create_default_context(cafile=certificates)
        with urllib.request.urlopen(request, timeout=60, context=context) as answer:
            content: bytes = answer.read()
            return content
    except (OSError, urllib.error.URLError, ValueError) as error:
        hint = "; is Debian's ca-certificates installed?" if "CERTIFICATE" in str(error).upper() else ""
        say(f"{shown(url)}: {error}{hint}")
        return None


class Links(html.parser.HTMLParser):
    """The targets of all links of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attrs if tag == "a" and name == "href" and value]


def install(venv: Path, lock: Path) -> None:
    """The locked packages, each checked by its hash, then this project itself, editable."""
    python = str(venv / "bin" / "python")
    say("installing the locked packages (a minute or two, once)")
    pip = [python, "-m", "pip", "--disable-pip-version-check", "install", "-qq"]
    for arguments in (["--require-hashes", "-r", str(lock)], ["--no-deps", "--no-build-isolation", "-e", str(ROOT)]):
        if subprocess.run([*pip, *arguments], stdin=subprocess.DEVNULL).returncode:
            fail("pip could not install what stands above; is the package index reachable (PIP_INDEX_URL)?")


def run_quietly(command: list[str | Path], folder: str | None = None) -> str | None:
    """A command's output, or None where it fails."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, cwd=folder)
    except OSError:
        return None
    return done.stdout if done.returncode == 0 else None


def shown(url: str) -> str:
    """An address without a password."""
    parts = urllib.parse.urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def say(message: str) -> None:
    print(f"bootstrap: {message}", file=sys.stderr, flush=True)


def fail(message: str) -> None:
    sys.exit(f"bootstrap: {message}")


if __name__ == "__main__":
    main()
