"""Jobs on users' data and what users have left in rooms, in memory and on the emulator alike."""

from dataclasses import replace

from chat.ports import Table
from chat.storage.account_jobs import AccountJobs, Job
from chat.storage.traces import Trace, Traces

JOB = Job(id="1", kind="export", user="ada", name="Ada", started_at_ms=1, updated_at_ms=1)


def test_of_two_who_begin_a_job_or_take_its_next_step_one_does(table: Table) -> None:
    jobs = AccountJobs(table)
    assert jobs.find("ada", "export") is None
    again = replace(JOB, id="2")
    assert [jobs.begin(JOB, None), jobs.begin(again, None), jobs.begin(again, again)] == [True, False, False]
    step = replace(JOB, step=1, done={"messages": 7}, archives=[{"key": "a", "size_bytes": 3}])
    assert [jobs.advance(step), jobs.advance(step)] == [True, False]
    jobs.report(replace(JOB, step=0, cursor="late"))
    assert jobs.find("ada", "export") == step
    jobs.report(replace(step, cursor="further"))
    assert jobs.find("ada", "export") == replace(step, cursor="further")
    assert jobs.begin(again, step)
    jobs.remove("ada", "export")
    jobs.remove("ada", "export")
    assert jobs.find("ada", "export") is None


def test_traces_are_noted_once_paged_counted_and_forgotten(table: Table) -> None:
    traces = Traces(table)
    left = [Trace("ban", "lunch", 0), Trace("change", "lunch", 12), *(Trace("message", "lunch", n) for n in (9, 10))]
    for trace in [*reversed(left), left[0]]:
        traces.note("ada", trace)
    traces.note("bob", left[0])
    first = traces.page("ada", None, 3)
    assert first.traces + traces.page("ada", first.after, 3).traces == left
    assert traces.count("ada") == 4
    traces.forget("ada", [*left[:3], Trace("message", "lunch", 99)])
    assert (traces.page("ada", None, 3).traces, traces.count("bob")) == (left[3:], 1)
