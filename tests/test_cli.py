"""The command line: exit codes, one message for an error, what goes to which stream, what is imported."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from symderiv import cli
from symderiv.cli import main
from symderiv.commands import COMMANDS, INTERRUPTED, NOT_TRUE, OK, WRONG_USE
from symderiv.commands import list as cli_list
from symderiv.commands.build import tell
from symderiv.commands.completion import option_words
from symderiv.commands.doctor import TOOLS, examine
from symderiv.commands.new import new_exam
from symderiv.commands.report import REPORTS, markdown
from symderiv.commands.solve import shown as answer_shown
from symderiv.errors import ProblemError, SymderivError

HEAVY = {"argparse", "sympy", "numpy", "networkx", "jinja2", "multiprocessing", "asyncio", "importlib.metadata"}


def run(*words, **options):
    command = [sys.executable, "-m", "symderiv", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, **options)


def imported_by(code):
    loaded = subprocess.run(
        [sys.executable, "-c", f"import sys\n{code}\nprint(*sys.modules, file=sys.stderr)"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return set(loaded.stderr.split())


def test_help_and_version():
    helped = run("--help")
    assert helped.returncode == OK and helped.stderr == ""
    assert all(f"\n  {verb} " in helped.stdout for verb in COMMANDS)
    assert run("--version").stdout.startswith("symderiv 0.")
    bare = run()
    assert bare.returncode == WRONG_USE and bare.stdout == "" and "usage" in bare.stderr


@pytest.mark.parametrize("verb", sorted(COMMANDS))
def test_every_command_has_help(verb, capsys):
    assert main([verb, "--help"]) == OK
    assert capsys.readouterr().out.startswith(f"usage: symderiv {verb}")
    assert "--help" in option_words(verb)


def test_start_up_is_light():
    assert not HEAVY & imported_by("import symderiv")
    assert not HEAVY & imported_by("from symderiv.cli import main; main(['--help'])")
    light = HEAVY - {"argparse"}
    assert not light & imported_by("from symderiv.cli import main; main(['check', '--help'])")
    assert not light & imported_by("from symderiv.cli import main; main(['completion', 'bash'])")
    assert not light & imported_by("from symderiv.cli import main; main(['list'])")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["chekc"], "did you mean check?"),
        (["\x1b[2Jx"], "no command"),
        (["list", "nothing"], "invalid choice"),
        (["check"], "required: FILE"),
        (["check", "missing.json"], "missing.json: cannot be read"),
        (["check", "x.json", "--seconds", "0"], "must be positive"),
        (["solve", "missing.json"], "missing.json"),
        (["graph", "missing.py"], "names no function"),
        (["graph", "missing.py:f"], "no such file"),
    ],
)
def test_wrong_use_is_one_message(words, told, capsys):
    assert main(words) == WRONG_USE
    captured = capsys.readouterr()
    assert told in captured.err + captured.out
    assert "Traceback" not in captured.err and "\x1b" not in captured.err


def test_errors_become_messages(monkeypatch, capsys):
    def fail_with(error):
        def fail(words):
            raise error

        monkeypatch.setattr(cli, "_run", fail)
        return main(["list"])

    assert fail_with(SymderivError("broken thing")) == WRONG_USE
    assert fail_with(KeyboardInterrupt()) == INTERRUPTED
    assert fail_with(OSError(28, "No space left on device", "out.pdf")) == WRONG_USE
    assert fail_with(ModuleNotFoundError("no", name="jinja2.x")) == WRONG_USE
    told = capsys.readouterr().err.splitlines()
    assert told[0] == "symderiv: broken thing"
    assert "interrupted" in told[1]
    assert told[2] == "symderiv: out.pdf: No space left on device"
    assert "symderiv[paper]" in told[3]
    with pytest.raises(ModuleNotFoundError):
        fail_with(ModuleNotFoundError("no", name="symderiv.nothing"))


def test_a_reader_that_leaves_is_no_error():
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-m", "symderiv", "list"], stdout=writing, stderr=subprocess.PIPE, timeout=60, check=False
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (OK, b"")


def test_list_names_every_door(capsys):
    assert main(["list", "--format", "json"]) == OK
    found = json.loads(capsys.readouterr().out)
    assert set(found) == set(cli_list.FOLDERS)
    assert "svg" in found["formats"]
    assert main(["list", "formats"]) == OK
    assert "formats:" in capsys.readouterr().out


def test_list_reads_folders_without_running_them(tmp_path):
    (tmp_path / "exam").mkdir()
    (tmp_path / "exam" / "__init__.py").write_text('"""An exam."""')
    (tmp_path / "exam" / "one.py").write_text('"""Problem one.\n\nmore"""\nraise SystemExit')
    (tmp_path / "_hidden.py").write_text("")
    assert cli_list.things(tmp_path) == {"exam/": "An exam.", "exam/one": "Problem one."}
    assert cli_list.things(tmp_path / "nowhere") == {}


def test_doctor_says_what_is_there_and_how_to_get_the_rest(capsys):
    assert main(["doctor"]) == OK
    shown = capsys.readouterr().out
    assert all(f" {tool.name} " in shown for tool in TOOLS)
    assert main(["doctor", "--format", "json"]) == OK
    tools = json.loads(capsys.readouterr().out)["tools"]
    assert {tool["name"] for tool in tools} == {tool.name for tool in TOOLS}
    assert all(finding.there for finding in examine() if finding.tool.kind == "core")


def test_doctor_names_what_is_missing(monkeypatch, capsys):
    monkeypatch.setenv("PATH", "")
    main(["doctor"])
    lines = {line.split()[1]: line for line in capsys.readouterr().out.splitlines()[1:]}
    assert lines["dot"].startswith("missing") and lines["dot"].endswith("apt-get install graphviz")


@pytest.mark.parametrize("shell", ["bash", "fish", "zsh"])
def test_completion_names_commands_and_options(shell, capsys):
    assert main(["completion", shell]) == OK
    script = capsys.readouterr().out
    assert all(verb in script for verb in COMMANDS)
    assert "journal" in script


def test_bash_takes_its_completion(capsys):
    main(["completion", "bash"])
    press_tab = '\nCOMP_WORDS=(symderiv check --jo) COMP_CWORD=2; _symderiv; echo "${COMPREPLY[@]}"'
    script = capsys.readouterr().out + press_tab
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "--journal"


def test_graph_draws_a_plain_function(tmp_path, capsys):
    script = tmp_path / "model.py"
    script.write_text("def forward(w, u_1):\n    h = w * u_1\n    print('traced')\n    return w * h\n")
    picture = tmp_path / "forward.svg"
    words = ["graph", f"{script}:forward", "--style", "contributions", "-o", str(picture), "--format", "json"]
    assert main(words) == OK
    told = json.loads(capsys.readouterr().out)
    assert told["inputs"] == ["w", "u_1"] and told["files"] == [str(picture)]
    assert picture.read_text().startswith(("<svg", "<?xml"))
    assert main(["graph", f"{script}:forwrad"]) == WRONG_USE
    assert "did you mean forward?" in capsys.readouterr().err


def test_new_and_build_in_a_folder_of_ones_own(tmp_path, capsys):
    folder = tmp_path / "my_exam"
    assert main(["new", str(folder)]) == OK
    words = ["build", str(folder), "-o", str(tmp_path / "out"), "--files", "tex", "--format", "json"]
    capsys.readouterr()
    assert main(words) == OK
    captured = capsys.readouterr()
    told = json.loads(captured.out)
    assert told["failed"] == {} and all(file.endswith((".tex", ".svg", ".pdf", ".png")) for file in told["files"])
    assert any("solutions" in file for file in told["files"])


def test_new_refuses_what_is_in_the_way(tmp_path):
    (tmp_path / "exam").mkdir()
    (tmp_path / "exam" / "mine.py").write_text("")
    with pytest.raises(ProblemError, match="not empty"):
        new_exam(tmp_path / "exam")
    assert [path.name for path in tmp_path.rglob("*")] == ["exam", "mine.py"]


def test_build_names_what_failed(capsys):
    record = {"files": ["output/a.pdf"], "failed": {"problem 7": "no kernel"}}
    assert tell(record, "text") == NOT_TRUE
    captured = capsys.readouterr()
    assert captured.out == "output/a.pdf\n" and "problem 7 failed: no kernel" in captured.err
    assert tell({"files": [], "failed": {}}, "json") == OK


RECORDS = [
    {
        "id": "5b",
        "claim": "dy/dw",
        "official": "w",
        "computed": "w",
        "status": "confirmed",
        "verdict": "proved",
        "evidence": "",
    },
    {
        "id": "7b",
        "claim": "a | b",
        "official": [1],
        "computed": {"x": "<é"},
        "status": "refuted",
        "verdict": "refuted",
        "evidence": "see\nhere",
        "assumed": "padding",
    },
]


def test_report_formats():
    shown_text = REPORTS["text"](RECORDS)
    assert "2 statements: 1 confirmed, 1 refuted" in shown_text and "assumed: padding" in shown_text
    assert json.loads(REPORTS["json"](RECORDS)) == RECORDS
    table = markdown(RECORDS).splitlines()
    row = table[table.index("") + 4]
    assert table[0].startswith("2 statements") and "a \\| b" in row and "see here" in row


def test_a_report_ends_with_its_errata_what_is_refuted_first():
    base = RECORDS[1]
    records = [base | {"id": "1a", "status": "imprecise"}, base | {"id": "1b"}, base | {"id": "1c", "status": "confirmed"}]
    shown = REPORTS["text"](records).partition("\nErrata\n")[2]
    assert [line.split()[1] for line in shown.splitlines() if line.startswith("- ")] == ["1b", "1a"]
    told = [line for line in markdown(records).partition("## Errata")[2].splitlines() if line]
    assert len(told) == 2 and told[0].startswith("- **1b** (refuted)") and "Computed: " in told[1]
    open_only = [base | {"status": "underdetermined"}]
    assert "Errata" not in REPORTS["text"](open_only) + markdown(open_only)


def test_answers_are_shown_as_readers_write_them():
    assert answer_shown({"expr": "w + 1"}) == "w + 1"
    assert answer_shown({"vec": ["1", "2"]}) == '["1", "2"]'
    assert answer_shown(3) == "3"
