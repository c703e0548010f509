"""The pool and its limits: what hangs is killed, what dies is done again, nothing is lost."""

from __future__ import annotations

import os
import signal
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from symderiv.errors import LimitError
from symderiv.running.parallel import default_workers, run_tasks
from symderiv.running.tasks import Outcome, attempt


def square(number):
    return number * number


def blocked_signals(_):
    return signal.pthread_sigmask(signal.SIG_BLOCK, [])


def hang_on_negative(number):
    while number < 0:
        pass
    return number


def sleep_on_negative(number):
    if number < 0:
        time.sleep(60)
    return number


def die_on_negative(number):
    if number < 0:
        os._exit(7)
    return number


def die_the_first_time(path):
    marker = Path(path)
    if not marker.exists():
        marker.write_text("died here once")
        os.kill(os.getpid(), signal.SIGKILL)
    return marker.read_text()


def fail(number):
    raise ValueError(f"no {number}")


def unportable(number):
    return lambda: number


def dive(number):
    return dive(number + 1)


def take_memory(size):
    return len(bytearray(size))


@pytest.mark.parametrize("workers", [0, 1, 2])
def test_outcomes_stand_in_the_order_of_the_tasks(workers):
    seen = {}
    outcomes = run_tasks(square, list(range(20)), workers=workers, on_result=lambda i, o: seen.update({i: o.value}))
    assert [o.value for o in outcomes] == [n * n for n in range(20)]
    assert seen == {n: n * n for n in range(20)}


@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.parametrize("function", [hang_on_negative, sleep_on_negative])
def test_a_hung_task_is_stopped_and_the_others_are_done(workers, function):
    if workers == 0 and function is sleep_on_negative:
        tasks, limit = [1, 2], 0.3  # a sleep in this process cannot be interrupted; see the module's docstring
    else:
        tasks, limit = [1, -1, 2, -2, 3], 0.3
    started = time.monotonic()
    outcomes = run_tasks(function, tasks, workers=workers, seconds=limit)
    assert time.monotonic() - started < 20
    assert [o.timeout for o in outcomes] == [n < 0 for n in tasks]
    assert [o.value for o in outcomes] == [n if n > 0 else None for n in tasks]


def test_a_task_that_kills_its_process_is_named_and_the_others_are_done():
    outcomes = run_tasks(die_on_negative, [1, -1, 2, 3], workers=2)
    assert [o.value for o in outcomes] == [1, None, 2, 3]
    assert isinstance(outcomes[1].error, LimitError)
    assert "exit code 7" in str(outcomes[1].error)


def test_a_lost_process_loses_no_task(tmp_path):
    tasks = [str(tmp_path / f"marker{n}") for n in range(4)]
    outcomes = run_tasks(die_the_first_time, tasks, workers=2)
    assert [o.value for o in outcomes] == ["died here once"] * 4


@pytest.mark.parametrize("workers", [0, 2])
def test_an_error_is_the_outcome_of_its_task(workers):
    outcome = run_tasks(fail, [3], workers=workers)[0]
    assert not outcome.ok
    with pytest.raises(ValueError, match="no 3"):
        outcome.get()


def test_what_cannot_be_sent_is_an_error_of_that_task():
    outcomes = run_tasks(square, [lambda: 0, 3], workers=1)
    assert outcomes[0].error is not None and outcomes[1].value == 9
    assert "cannot leave its process" in str(run_tasks(unportable, [1], workers=1)[0].error)


@pytest.mark.parametrize("workers", [0, 1])
def test_endless_recursion_is_one_short_error(workers):
    assert isinstance(run_tasks(dive, [0], workers=workers)[0].error, LimitError)


def test_memory_is_limited():
    outcomes = run_tasks(take_memory, [1000, 2**33], workers=1, memory=2**32)
    assert outcomes[0].value == 1000
    assert isinstance(outcomes[1].error, MemoryError)


def test_executors_of_others():
    tasks = list(range(10))
    expected = [n * n for n in tasks]
    with ThreadPoolExecutor(2) as threads:
        assert [o.value for o in run_tasks(square, tasks, threads)] == expected
        assert [o.timeout for o in run_tasks(hang_on_negative, [1, -1], threads, seconds=0.2)] == [False, True]
    with ProcessPoolExecutor(2, mp_context=get_context("forkserver")) as processes:
        assert [o.value for o in run_tasks(square, tasks, processes)] == expected
        assert str(run_tasks(fail, [1], processes)[0].error) == "no 1"


def test_a_pool_that_breaks_loses_no_task():
    with ProcessPoolExecutor(1, mp_context=get_context("forkserver")) as processes:
        outcomes = run_tasks(die_on_negative, [1, -1, 2, 3], processes)
    assert [o.value for o in outcomes] == [1, None, 2, 3]
    assert "exit code 7" in str(outcomes[1].error)


def test_limits_are_checked_and_told():
    with pytest.raises(LimitError, match="positive"):
        run_tasks(square, [1], seconds=0)
    with pytest.raises(LimitError, match="allow more seconds"):
        Outcome(timeout=True, seconds=1.0).get()
    assert default_workers() >= 1
    assert run_tasks(square, []) == []


def test_an_attempt_lets_the_keyboard_through():
    def interrupt(task):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        attempt(interrupt, 1)


def test_processes_are_deaf_to_the_keyboard_from_their_start():
    """A Ctrl-C reaches every process of a terminal; one that is still starting would print its own traceback."""
    assert all(signal.SIGINT in outcome.get() for outcome in run_tasks(blocked_signals, [1, 2], workers=2))
    assert signal.SIGINT not in blocked_signals(None)
