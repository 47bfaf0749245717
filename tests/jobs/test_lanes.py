"""Where tasks run, when they are due, and what becomes of one that never ends."""

import time
from dataclasses import replace

import pytest

from api.jobs.embedded import RETRY_SECONDS_MAX, Schedule
from api.jobs.lanes import ChildRunner, Done, Failed
from api.jobs.tasks import BY_NAME, TASKS, Lane, Task
from api.runtime import Runtime

DUE = Task("due", lambda _: 0, 5)
OTHER = Task("other", lambda _: 0, 60, Lane.POST)


def test_what_is_due_longest_comes_first_and_each_lane_has_its_own() -> None:
    second = Task("second", lambda _: 0, 1)
    schedule = Schedule((DUE, OTHER, second))
    assert (schedule.next(Lane.QUICK, 10), schedule.next(Lane.POST, 10)) == (DUE, OTHER)
    assert schedule.ended(Done(DUE, 0), 10) == 0
    assert schedule.next(Lane.QUICK, 10) is second
    schedule.ended(Done(second, 3), 10)
    assert schedule.next(Lane.QUICK, 10.5) is None
    schedule.hurry()
    assert schedule.next(Lane.QUICK, 10.5) is not None


def test_a_task_that_fails_is_tried_less_and_less_often_and_counted() -> None:
    schedule = Schedule((DUE,))
    assert [schedule.ended(Done(DUE, None), 0) for _ in range(3)] == [1, 2, 3]
    assert schedule.next(Lane.QUICK, 39) is None
    assert schedule.next(Lane.QUICK, 40) is DUE
    for _ in range(20):
        schedule.ended(Done(DUE, None), 0)
    assert schedule.next(Lane.QUICK, RETRY_SECONDS_MAX) is DUE
    assert schedule.ended(Done(DUE, 1), 0) == -23, "that it works again is said once, with what went before"
    assert schedule.ended(Done(DUE, 1), 0) == 0


def test_every_task_has_a_name_of_its_own() -> None:
    assert len(BY_NAME) == len(TASKS)


@pytest.fixture
def environment(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ESCALE_DATABASE_URL", database_url)
    monkeypatch.setenv("ESCALE_DEMO", "1")


@pytest.mark.usefixtures("environment")
def test_a_child_works_for_one_task_after_another_and_survives_a_failure() -> None:
    runner = ChildRunner(120)
    try:
        assert runner.run(BY_NAME["rematch"]) == 0
        with pytest.raises(Failed, match="unknown"):
            runner.run(Task("unknown", no_work, 1, Lane.SOLVER))
        assert runner.run(BY_NAME["make_queued_runs"]) == 0
    finally:
        runner.stop()


@pytest.mark.usefixtures("environment")
def test_a_child_that_takes_too_long_is_ended_and_another_takes_its_place() -> None:
    hurried = ChildRunner(limit_seconds=-1.0)
    hurried.start(BY_NAME["rematch"])
    until = time.monotonic() + 60
    while (done := hurried.poll()) is None and time.monotonic() < until:
        pass
    assert done == Done(BY_NAME["rematch"], None)
    assert hurried.busy_seconds() == 0
    patient = ChildRunner(120)
    try:
        assert patient.run(replace(BY_NAME["rematch"])) == 0
    finally:
        patient.stop()


def no_work(_: Runtime) -> int:
    raise AssertionError("the child knows tasks by their names")
