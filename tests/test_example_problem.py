"""The worked example: it builds as a file, every derivation is proved, no answer is on the students' paper."""

import os
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).resolve().parent.parent / "examples" / "two_layer_softmax.py"


@pytest.fixture(scope="module")
def example():
    return runpy.run_path(str(EXAMPLE))


def test_every_derivation_is_proved(example):
    answers = example["problem"]().answers
    assert {answer.id[:2] for answer in answers} == {"1a", "1b", "1c"}
    assert {answer.derivation.verdict for answer in answers} == {"proved"}


def test_the_example_is_short():
    assert len(EXAMPLE.read_text(encoding="utf-8").splitlines()) <= 60


def test_the_file_is_built(tmp_path):
    command = [sys.executable, "-m", "symderiv", "build", str(EXAMPLE), "-o", str(tmp_path)]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=300, check=False, env={**os.environ, "SYMDERIV_TEX": "0"}
    )
    assert done.returncode == 0, done.stderr
    assert {"exam.pdf", "solutions.pdf"} <= {path.name for path in tmp_path.rglob("*.pdf")}
