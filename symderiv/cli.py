"""The command line: find the verb, load only its module, turn errors into one message.

Exit codes: 0 clean, 1 something is not proved or not true, 2 wrong use, 130 interrupted.
Data goes to stdout, everything else to stderr.  Start-up is counted in
milliseconds here: no module is imported before it is needed, not even argparse.
"""

from __future__ import annotations

import os
import sys

from symderiv import __version__
from symderiv.commands import COMMANDS, INTERRUPTED, OK, WRONG_USE
from symderiv.errors import SymderivError

TYPE_CHECKING = False  # importing typing takes longer than printing the help
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Sequence
    from typing import Protocol

    class Command(Protocol):
        """What a module ``commands/<verb>.py`` has."""

        def arguments(self, parser: ArgumentParser) -> None:
            """Declare what may stand after the verb."""

        def run(self, options: Namespace) -> int:
            """Do it and return the exit code."""


def usage() -> str:
    """The text of ``symderiv --help``."""
    width = max(map(len, COMMANDS))
    verbs = "\n".join(f"  {verb:<{width}}  {meaning}" for verb, meaning in COMMANDS.items())
    return (
        "usage: symderiv COMMAND [ARGUMENTS]\n\n"
        "Machine-learning derivations that are derived, checked, drawn and printed.\n\n"
        f"commands:\n{verbs}\n\n"
        "  symderiv COMMAND --help   what a command takes\n"
        "  symderiv --version        the version\n\n"
        "Exit code 0: clean; 1: something is not proved or not true; 2: wrong use; 130: interrupted.\n"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code; never shows a traceback for an expected error."""
    try:
        code = _run(list(sys.argv[1:] if arguments is None else arguments))
        sys.stdout.flush()
        return code
    except SymderivError as error:
        return _complain(str(error))
    except KeyboardInterrupt:
        _complain("interrupted; what was finished is kept")
        return INTERRUPTED
    except BrokenPipeError:
        # the reader of our output has gone: nothing more to say, also not when Python flushes at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    except ModuleNotFoundError as error:
        if (error.name or "symderiv").partition(".")[0] == "symderiv":
            raise
        return _complain(_missing(str(error.name)))
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        return _complain(f"{place}{error.strerror or error}")


def _run(words: list[str]) -> int:
    if not words or words[0] in ("-h", "--help", "help"):
        (sys.stdout if words else sys.stderr).write(usage())
        return OK if words else WRONG_USE
    if words[0] in ("-V", "--version"):
        print(f"symderiv {__version__}")
        return OK
    if words[0] not in COMMANDS:
        return _complain(_unknown(words[0]))
    import argparse
    import importlib

    command: Command = importlib.import_module(f"symderiv.commands.{words[0]}")
    parser = argparse.ArgumentParser(prog=f"symderiv {words[0]}", description=COMMANDS[words[0]])
    command.arguments(parser)
    try:
        options = parser.parse_args(words[1:])
    except SystemExit as stop:  # argparse has already written its message
        return stop.code if isinstance(stop.code, int) else WRONG_USE
    return command.run(options)


def _unknown(word: str) -> str:
    import difflib

    near = difflib.get_close_matches(word, COMMANDS, n=1)
    return f"there is no command {word!r}; " + (f"did you mean {near[0]}?" if near else "see symderiv --help")


def _missing(module: str) -> str:
    from symderiv.commands.doctor import TOOLS

    ways = {tool.name: tool.get for tool in TOOLS}
    get = ways.get(module.partition(".")[0], f"pip install {module}")
    return f"the package {module!r} is not installed: {get} (symderiv doctor tells what else is missing)"


def _complain(message: str) -> int:
    mark = "symderiv: "
    if sys.stderr.isatty() and not os.environ.get("NO_COLOR"):
        mark = f"\x1b[31m{mark}\x1b[0m"
    sys.stderr.write(mark + _printable(message) + "\n")
    return WRONG_USE


def _printable(message: str) -> str:
    return "".join(c if c.isprintable() or c == "\n" else "\ufffd" for c in message)
