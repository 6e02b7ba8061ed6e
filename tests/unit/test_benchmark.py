"""The benchmarks' own parts: rows and tables, what the stub answers, and a room that is delivered to in full."""

import json
import ssl
from collections.abc import Iterator
from http.client import HTTPSConnection
from pathlib import Path

import pytest

from chat.aws.calls import Request
from chat.aws.client import AwsClient
from chat.aws.credentials import Credentials
from loadtest.fanout.job import Name
from loadtest.fanout.scenarios import Room, Setting, UndeliveredError, contend
from loadtest.report import Row, as_markdown, as_text, write
from loadtest.stub.certificates import Authority, make_authority
from loadtest.stub.process import Stub, running


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return make_authority(tmp_path_factory.mktemp("tls"))


@pytest.fixture(params=[True, False], ids=["http2", "http1"])
def stub(request: pytest.FixtureRequest, authority: Authority) -> Iterator[Stub]:
    with running(authority, post_ms=1, database_ms=0, http2=request.param, throttled=0.5) as stub:
        yield stub


def test_a_row_says_how_many_times_better_it_is(tmp_path: Path) -> None:
    rows = [Row("quick", 50.0, "ms", 1_000.0, "others"), Row("alone", 0.5, "µs")]
    assert [row.ratio for row in rows] == [20.0, None]
    write(rows, tmp_path)
    kept = json.loads((tmp_path / "bench.json").read_text())["rows"]
    assert kept[0] == {"name": "quick", "value": 50.0, "unit": "ms", "baseline": 1000.0, "of": "others", "ratio": 20.0}
    assert (tmp_path / "bench.md").read_text() == as_markdown(rows)
    assert "| `quick` | 50.0 | ms | 1,000 | 20.0 | others |" in as_markdown(rows)
    assert len(as_text(rows).splitlines()) == 3


def test_the_stub_tells_dead_sockets_from_throttled_and_counts_what_it_delivers(stub: Stub) -> None:
    client = AwsClient("eu-west-1", Credentials("KEY", "secret"), certificates=str(stub.certificate))
    names = [f"{'dead-' if number % 4 == 0 else 'live-'}{number}=" for number in range(100)]
    urls = [f"{stub.connections_url}/@connections/{name.replace('=', '%3D')}" for name in names]
    answers = client.call_each(Request("execute-api", stub.connections_url, b"{}"), urls, attempts=1)
    by_name = dict(zip(names, (answer.status for answer in answers), strict=True))
    assert {status for name, status in by_name.items() if name.startswith("dead-")} == {410}
    assert {status for name, status in by_name.items() if name.startswith("live-")} == {200, 429}
    report = stub.report()
    assert report.delivered == {name: 1 for name, status in by_name.items() if status == 200}
    assert report.answers["410"] == 25
    assert stub.report().delivered == {}


def test_the_stub_speaks_http1_to_who_knows_no_other(stub: Stub) -> None:
    context = ssl.create_default_context(cafile=str(stub.certificate))
    connection = HTTPSConnection("localhost", stub.ports.connections, context=context, timeout=10)
    connection.request("POST", "/bench/@connections/dead-1%3D", b"{}")
    answer = connection.getresponse()
    assert (answer.status, answer.headers["x-amzn-ErrorType"]) == (410, "GoneException")
    connection.close()


@pytest.mark.parametrize("contender", ["engine", "boto3", "boto3_threads", "aiobotocore", "boto3_scan"])
def test_every_contender_reaches_everybody_and_cleans_up(authority: Authority, contender: Name) -> None:
    outcome = contend(Setting(authority), Room(20, dead=5, elsewhere=20, post_ms=1), contender, rounds=0)
    assert outcome.left == 20
    assert outcome.rounds[0].delivered == outcome.rounds[0].posts == 20
    assert outcome.rounds[0].answers == {"200": 20, "410": 5}


def test_a_contender_that_misses_somebody_is_found_out(authority: Authority) -> None:
    with pytest.raises(UndeliveredError, match="of 5 sockets"):
        contend(Setting(authority, pauses=0), Room(5, throttled=1.0), "engine", rounds=0)
