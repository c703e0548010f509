"""The verbs of the command line and what its exit codes mean."""

from __future__ import annotations

# One row per verb; its module is symderiv/commands/<verb>.py.
COMMANDS = {
    "build": "make the papers, figures and solutions of an exam or a folder of problems",
    "check": "decide the claims of files (.json, .toml, .py)",
    "solve": "answer the questions of a file",
    "report": "compare every answer of an exam with the official one",
    "graph": "draw the computational graph of a Python function",
    "new": "start a folder with an exam of your own",
    "list": "name the problems, rules, formats and models there are",
    "doctor": "say which tools, packages and fonts are there, and how to get the others",
    "completion": "print the completion script for a shell",
}

OK, NOT_TRUE, WRONG_USE, INTERRUPTED = 0, 1, 2, 130
