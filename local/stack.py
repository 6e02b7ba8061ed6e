"""The whole application on 127.0.0.1, started and stopped as one: what `make dev`, `make smoke` and the tests have in
common.

In order: the cache, the emulator, the deployment into it, the collector of metrics, the WebSocket gateway, CloudFront's
part, the page.
Stopping goes the other way round, so that the emulator saves its state when nobody changes it any more.
"""

from __future__ import annotations

import shutil
import tempfile
import urllib.error
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Self

from local.deployment import Deployment
from local.endpoints import Endpoint, Outputs
from local.errors import LocalError
from local.page import Page, build_page
from local.paths import ROOT, StateDirectory
from local.ports import LOOPBACK, Ports, is_listening, require_free
from local.processes import Process
from local.programs import process_environment, python_command
from local.valkey import server_command

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType

PageMode = Literal["live", "built", "none"]
Part = Literal["gateway", "front"]
"""What clients reach, and what keeps nothing: it may die at any time."""
START_TIMEOUT_S = 60.0
INVOCATIONS_AT_ONCE = 16
"""Each of them may need a process of its own, with 50 MB and a fifth of a second of the processor to start."""


def say_nothing(_step: str) -> None:
    """A report that nobody hears."""


@dataclass
class LocalStack:
    """One stack of its own: its ports, its state, its processes. A context manager, and reusable after `stop`.

    `endpoint`: another emulator that already runs; none is started then, and its data is not touched at the end.
    `page`: "live" serves the sources, "built" the build, "none" no page.
    `report` hears each step in a few words.
    """

    ports: Ports = field(default_factory=Ports)
    state: StateDirectory = field(default_factory=StateDirectory.default)
    page: PageMode = "live"
    endpoint: Endpoint | None = None
    report: Callable[[str], None] = say_nothing
    outputs: Outputs = field(init=False)
    _processes: list[Process] = field(init=False, default_factory=list)

    @classmethod
    def temporary(cls, *, page: PageMode = "none", report: Callable[[str], None] = say_nothing) -> LocalStack:
        """A stack on free ports with an empty state under the system's temporary directory; `discard` removes it."""
        directory = Path(tempfile.mkdtemp(prefix="chat-local-"))
        return cls(ports=Ports.free(), state=StateDirectory(directory), page=page, report=report)

    @property
    def endpoint_url(self) -> str:
        """Where the emulator's API is."""
        return self.endpoint.url if self.endpoint else f"http://{LOOPBACK}:{self.ports.emulator}"

    @property
    def websocket_endpoint(self) -> str:
        """The gateway's address, without the stage."""
        return f"ws://{LOOPBACK}:{self.ports.gateway}"

    @property
    def websocket_url(self) -> str:
        """What clients connect to, with `?ticket=…`."""
        return self.outputs["WebSocketUrl"]

    @property
    def page_url(self) -> str:
        """The origin of the page, /api and /media."""
        return f"http://{LOOPBACK}:{self.ports.page}"

    @property
    def front_url(self) -> str:
        """Where CloudFront's part is played: /api and /media, as behind the page."""
        return f"http://{LOOPBACK}:{self.ports.front}"

    @property
    def api_url(self) -> str:
        """The deployed HTTP API without the page: the emulator's own address of it."""
        return f"{self.endpoint_url}/_aws/execute-api/{self.outputs['HttpApiId']}/$default"

    @property
    def deployment(self) -> Deployment:
        """The deployment into this stack's emulator."""
        return Deployment(
            endpoint=Endpoint(self.endpoint_url),
            state=self.state,
            websocket_endpoint=self.websocket_endpoint,
            site_endpoint=self.page_url,
            cache_endpoint=f"redis://{LOOPBACK}:{self.ports.cache}",
        )

    def __enter__(self) -> Self:
        """Starts everything."""
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stops everything."""
        self.stop()

    def start(self) -> None:
        """Returns when everything answers. Raises `LocalError` otherwise, with nothing left running."""
        self.require_ports()
        try:
            self._start_cache()
            self._start_emulator()
            if self.page == "built":
                self.report("building the page")
                build_page(self.state.log("build"))
            self.outputs = self.deployment.deploy(self.report)
            self._start_collector()
            self._start_gateway()
            self._start_front()
            self._start_page()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stops the processes that this stack started, the last one first, and waits for each. Keeps the data."""
        while self._processes:
            self._processes.pop().stop()

    @contextmanager
    def without(self, *parts: Part) -> Iterator[None]:
        """Kills parts of the running stack, as a crash would, and starts them again at the end, where they were."""
        for part in parts:
            (process,) = [each for each in self._processes if each.log == self.state.log(part)]
            self._processes.remove(process)
            process.kill()
        try:
            yield
        finally:
            for part in parts:
                {"gateway": self._start_gateway, "front": self._start_front}[part]()

    def forget(self) -> None:
        """Throws away the data and what is deployed. Only for a stack that isn't running."""
        shutil.rmtree(self.state.emulator, ignore_errors=True)
        self.state.deployment.unlink(missing_ok=True)

    def discard(self) -> None:
        """Stops, and removes the state directory with all data and logs."""
        self.stop()
        shutil.rmtree(self.state.root, ignore_errors=True)

    @property
    def failed(self) -> Process | None:
        """A process of this stack that ended by itself; None while all are running."""
        return next((process for process in self._processes if not process.running), None)

    def require_ports(self) -> None:
        """Raises `LocalError` unless this stack could start now: nobody listens where it will."""
        if self.endpoint is None:
            require_free(self.ports.emulator, "the AWS emulator", "--emulator-port")
        require_free(self.ports.gateway, "the WebSocket gateway", "--gateway-port")
        require_free(self.ports.cache, "the cache", "--cache-port")
        require_free(self.ports.front, "CloudFront's part", "--front-port")
        if self.page != "none":
            require_free(self.ports.page, "the web page", "--page-port")

    def _start_cache(self) -> None:
        self.report("starting the cache")
        process = self._run("The cache", "cache", server_command(self.ports.cache))
        process.wait_until(lambda: is_listening(self.ports.cache), START_TIMEOUT_S)

    def _start_emulator(self) -> None:
        if self.endpoint is not None:
            if not answers(self.endpoint_url):
                raise LocalError(
                    f"No AWS emulator answers on {self.endpoint_url}. Start it, or leave out "
                    "--endpoint to have one started."
                )
            return
        self.report("starting the AWS emulator")
        options = ["--port", str(self.ports.emulator), "--state", str(self.state.emulator)]
        log = self.state.log("functions")
        log.unlink(missing_ok=True)
        command = [*python_command("local.emulator"), *options, "--function-log", str(log)]
        process = self._run("The AWS emulator", "emulator", command)
        process.wait_until(lambda: answers(f"{self.endpoint_url}/_ministack/health"), START_TIMEOUT_S)

    def _start_collector(self) -> None:
        """Beside our own emulator: others print elsewhere, or make metrics of log lines themselves."""
        if self.endpoint is None:
            options = ["--endpoint-url", self.endpoint_url, "--function-log", str(self.state.log("functions"))]
            self._run("The collector of metrics", "collector", [*python_command("local.collector"), *options])

    def _start_gateway(self) -> None:
        self.report("starting the WebSocket gateway")
        options = ["--port", str(self.ports.gateway), "--api", self.outputs["WebSocketApiId"]]
        options += ["--invoke-parallelism", str(INVOCATIONS_AT_ONCE)]
        command = [*python_command("local.gateway"), "--endpoint-url", self.endpoint_url, *options]
        process = self._run("The WebSocket gateway", "gateway", command)
        process.wait_until(lambda: is_listening(self.ports.gateway), START_TIMEOUT_S)

    def _start_front(self) -> None:
        self.report("starting CloudFront's part")
        options = ["--port", str(self.ports.front), "--endpoint-url", self.endpoint_url]
        options += ["--distribution", self.outputs["DistributionId"], "--host", self.outputs["DistributionDomainName"]]
        options += ["--log-bucket", self.outputs["EdgeLogBucketName"]]
        process = self._run("CloudFront's part", "front", [*python_command("local.front"), *options])
        process.wait_until(lambda: is_listening(self.ports.front), START_TIMEOUT_S)

    def _start_page(self) -> None:
        if self.page == "none":
            return
        self.report("starting the web page")
        page = Page(port=self.ports.page, front=self.front_url, live=self.page == "live")
        self._processes.append(page.start(self.state))

    def _run(self, name: str, log: str, command: list[str]) -> Process:
        environment = process_environment() | Endpoint(self.endpoint_url).environment
        process = Process(name, command, log=self.state.log(log), env=environment, cwd=ROOT)
        self._processes.append(process)
        return process


def answers(url: str) -> bool:
    """Whether anything speaks HTTP there now, whatever it says."""
    try:
        with urllib.request.urlopen(url, timeout=2):  # noqa: S310  # http only, from our own settings
            return True
    except urllib.error.HTTPError:
        return True
    except (OSError, ValueError):
        return False
