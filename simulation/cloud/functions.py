"""Lambda: instances that start cold and are used again, a limit of those at once, a time limit, and death.

An invocation runs in a greenlet. Whatever it asks of the world goes through its instance's `Access`, where it is
suspended for as long as the answer takes; there it can be ended, before the call or after it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any, TypeVar

from greenlet import greenlet

from chat.aws.retries import RetryBudget
from chat.errors import UnavailableError
from local.gateway.throttle import TokenBucket
from simulation.cloud.disturbance import Strike
from simulation.cloud.figures import Latency
from simulation.cloud.instances import Handler, Modules
from simulation.cloud.scheduler import US
from simulation.cloud.stage import FunctionSpec

if TYPE_CHECKING:
    from simulation.cloud.cloud import Cloud

SLOW_MS = 4_000
"""What a call takes that a fault makes slow: less than any function's time limit, longer than a client's patience."""

ATTEMPTS = 4
"""As `chat.aws.client` tries a call."""

Result = TypeVar("Result")


class Death(BaseException):
    """Ends an invocation where it is. Nobody catches it, as nobody catches the end of a process."""


class ThrottledError(Exception):
    """AWS refused one attempt of a call for its rate. What stands behind a port tries again, as the real one does."""


class End(Enum):
    """How an invocation ended."""

    RETURNED = "returned"
    RAISED = "raised"
    DIED = "died"
    TIMED_OUT = "timed out"
    THROTTLED = "throttled"


@dataclass(frozen=True)
class Outcome:
    """How an invocation ended, and what it returned if it did."""

    end: End
    answer: Any = None


Then = Callable[[Outcome], None]


class Context:
    """What Lambda tells a handler of its invocation."""

    __slots__ = ("_cloud", "_ends_us", "aws_request_id", "function_name", "invoked_function_arn", "memory_limit_in_mb")

    def __init__(self, cloud: Cloud, name: str, ends_us: int) -> None:
        self._cloud = cloud
        self._ends_us = ends_us
        self.function_name = name
        self.aws_request_id = cloud.new_id()
        self.memory_limit_in_mb = 1024
        self.invoked_function_arn = f"arn:aws:lambda:{cloud.region}:000000000000:function:{name}"

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until Lambda ends the invocation."""
        return max(0, (self._ends_us - self._cloud.scheduler.now_us) // US)


class Access:
    """One instance's way to everything outside of it. Adapters are given it in the place of an `AwsClient`."""

    __slots__ = ("budget", "cloud", "dead", "ends_us", "function", "instance")

    def __init__(self, cloud: Cloud, function: str, instance: int) -> None:
        self.cloud = cloud
        self.function = function
        self.instance = instance
        self.budget = RetryBudget()
        self.dead = False
        self.ends_us = 0
        """When Lambda ends the invocation at hand."""

    def call(self, service: str, operation: str, latency: Latency, effect: Callable[[], Result]) -> Result:
        """Suspends the caller for as long as the call takes; its effect is at the end of that.

        Raises `UnavailableError` where it is refused past the retries.
        """
        strike = self.strike(service, operation)
        for attempt in range(ATTEMPTS):
            self.wait(latency.draw_us(self.cloud.scheduler.chance))
            try:
                result = effect()
            except ThrottledError:
                if attempt + 1 == ATTEMPTS or not self.budget.take():
                    break
                self.wait(int(self.cloud.scheduler.chance.random() * 50 * US * 2**attempt))
                continue
            if strike is Strike.REPEATED:
                self.wait(latency.draw_us(self.cloud.scheduler.chance))
                result = effect()
            self.after(strike)
            return result
        self.cloud.count("throttled", service, operation)
        raise UnavailableError(f"{service} is busy; try again.", retry_after_ms=1_000)

    def strike(self, service: str, operation: str) -> Strike | None:
        """What befalls a call that is about to be made. Raises what befalls it before it has any effect."""
        self.require_alive()
        strike = self.cloud.disturbance.call(self.function, service, operation)
        self.cloud.count("calls", service, operation)
        if strike is not None:
            self.cloud.note(self.function, f"{service}.{operation}", strike.value)
        if strike is Strike.DIE_BEFORE:
            self.die()
        if strike is Strike.SLOW:
            self.wait(SLOW_MS * US)
        if strike is Strike.REFUSED:
            self.wait(self.cloud.figures.item.draw_us(self.cloud.scheduler.chance))
            raise UnavailableError(f"{service} did not answer in time; try again.", retry_after_ms=1_000)
        return strike

    def after(self, strike: Strike | None) -> None:
        """What befalls a call that has had its effect."""
        if strike is Strike.DIE_AFTER:
            self.die()
        if strike is Strike.UNHEARD:
            raise UnavailableError("No answer came in time; try again.", retry_after_ms=1_000)

    def wait(self, duration_us: int) -> None:
        """Suspends the invocation."""
        self.cloud.scheduler.wait(duration_us)
        self.require_alive()

    def require_alive(self) -> None:
        """Nothing is done by the dead."""
        if self.dead:
            raise Death

    def die(self) -> None:
        """Ends the instance with whatever it is doing."""
        self.dead = True
        raise Death


@dataclass
class Instance:
    """One environment of a function."""

    access: Access
    handle: Handler
    idle_since_us: int = 0


@dataclass
class _Invocation:
    """One run of a handler."""

    event: Mapping[str, Any]
    then: Then
    began_us: int = 0
    """When it was asked for: a cold start is billed like the run that follows."""
    over: bool = False
    process: greenlet | None = field(default=None, repr=False)


class Account:
    """What all functions of an account share: its limit of executions at once."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.running = 0
        self.most = 0

    def enter(self) -> bool:
        """Whether one more may run."""
        if self.running >= self.limit:
            return False
        self.running += 1
        self.most = max(self.most, self.running)
        return True

    def leave(self) -> None:
        """One has ended."""
        self.running -= 1


class Function:
    """A deployed function."""

    def __init__(self, cloud: Cloud, spec: FunctionSpec) -> None:
        self.cloud = cloud
        self.spec = spec
        self.idle: list[Instance] = []
        self.running = 0
        self.ends: Counter[End] = Counter()
        self.cold_starts = 0
        self.busy_us = 0
        """What its runs took, cold starts included: billed, to the millisecond."""
        self._made = 0
        self._live: dict[int, tuple[Instance, _Invocation]] = {}
        figures = cloud.figures
        rate = figures.environments_per_10_s / 10
        self._growth = TokenBucket(rate, figures.environments_per_10_s, cloud.scheduler.now_us / 1e6)

    def invoke(self, event: Mapping[str, Any], then: Then) -> None:
        """Runs the handler with an event, whose values it must not change. `then` hears how it ended; it must not wait.

        A function that may not grow now, or an account that runs all that it may, throttles at once.
        """
        if self.cloud.lost:
            self._end(End.THROTTLED)
            then(Outcome(End.THROTTLED))
            return
        now_us = self.cloud.scheduler.now_us
        instance = self._warm(now_us)
        if (instance is None and not self._growth.take(now_us / 1e6)) or not self.cloud.account.enter():
            if instance is not None:
                self.idle.append(instance)
            self._end(End.THROTTLED)
            then(Outcome(End.THROTTLED))
            return
        self.running += 1
        start_us = 0
        if instance is None:
            instance = self._start()
            start_us = self.cloud.figures.cold_start.draw_us(self.cloud.scheduler.chance)
        self.cloud.scheduler.after(start_us, self._begin, instance, _Invocation(event, then, began_us=now_us))

    def recycle(self) -> None:
        """Ends all instances that are idle: what they remembered is gone."""
        self.idle.clear()

    def lose(self) -> None:
        """Ends whatever runs, with its Region: who waits for it gets no answer."""
        self.idle.clear()
        for instance, invocation in list(self._live.values()):
            self._kill(instance, invocation)

    def _kill(self, instance: Instance, invocation: _Invocation) -> None:
        instance.access.dead = True
        self._finish(instance, invocation, Outcome(End.DIED))
        if invocation.process is not None:
            invocation.process.throw(Death)

    def abandon(self) -> None:
        """Ends whatever runs, as the end of a simulation does; nobody hears of it."""
        for instance, invocation in list(self._live.values()):
            instance.access.dead = invocation.over = True
            if invocation.process is not None:
                invocation.process.throw(Death)
        self._live.clear()

    def _warm(self, now_us: int) -> Instance | None:
        """The instance that was used last; those that have not been needed for long are gone."""
        oldest_us = now_us - self.cloud.figures.idle_environment_ms * US
        instance = self.idle.pop() if self.idle else None
        if instance is not None and instance.idle_since_us < oldest_us:
            self.idle.clear()
            return None
        return instance

    def _start(self) -> Instance:
        self._made += 1
        self.cold_starts += 1
        access = Access(self.cloud, self.spec.handler, self._made)
        modules = Modules(self.cloud.modules_for(access, self.spec))
        handler: Handler = modules.load(f"functions.{self.spec.handler}").handle
        return Instance(access, handler)

    def _begin(self, instance: Instance, invocation: _Invocation) -> None:
        scheduler = self.cloud.scheduler
        if self.cloud.lost:
            self._kill(instance, invocation)
            return
        ends_us = scheduler.now_us + self.spec.timeout_s * 1_000 * US
        instance.access.ends_us = ends_us
        context = Context(self.cloud, self.spec.handler, ends_us)
        scheduler.at(ends_us, self._time_out, instance, invocation)
        self._live[id(invocation)] = instance, invocation
        invocation.process = scheduler.start(self._run, instance, invocation, context)

    def _run(self, instance: Instance, invocation: _Invocation, context: Context) -> None:
        try:
            instance.access.wait(self.cloud.figures.own_work.draw_us(self.cloud.scheduler.chance))
            outcome = Outcome(End.RETURNED, instance.handle(invocation.event, context))
        except Death:
            outcome = Outcome(End.DIED)
        except Exception as error:  # noqa: BLE001 - Lambda answers for whatever a handler raises
            self.cloud.note(self.spec.handler, "raised", repr(error))
            outcome = Outcome(End.RAISED)
        self._finish(instance, invocation, outcome)

    def _time_out(self, instance: Instance, invocation: _Invocation) -> None:
        if invocation.over or invocation.process is None:
            return
        instance.access.dead = True
        self.cloud.note(self.spec.handler, "timed out", "")
        self._finish(instance, invocation, Outcome(End.TIMED_OUT))
        invocation.process.throw(Death)

    def _finish(self, instance: Instance, invocation: _Invocation, outcome: Outcome) -> None:
        if invocation.over:
            return
        invocation.over = True
        self._live.pop(id(invocation), None)
        self.running -= 1
        self.busy_us += self.cloud.scheduler.now_us - invocation.began_us
        self.cloud.account.leave()
        self._end(outcome.end)
        if not instance.access.dead:
            instance.idle_since_us = self.cloud.scheduler.now_us
            self.idle.append(instance)
        invocation.then(outcome)

    def _end(self, end: End) -> None:
        self.ends[end] += 1
