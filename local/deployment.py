"""Deploys stage `local` into an emulator, with the CDK's own command line and the templates that go to AWS.

A deployment whose inputs are those of the last one into the same state is skipped: that is what makes a second start
fast.
"""

from __future__ import annotations

import hashlib
import json
import mimetypes
import os
import re
import shutil
import subprocess
import sys
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from local.emulator import ACCOUNT, REGION
from local.endpoints import STAGE, Endpoint, Outputs
from local.errors import LocalError
from local.paths import ROOT, SITE, StateDirectory
from local.programs import cdk_command, search_path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

TOOLKIT_STACK = "CDKToolkit"
OPERATOR = "operator"
"""Whoever signs in under this name runs the stage on this machine."""
INPUTS = ("cdk", "functions", "layers", "cdk.json", "pyproject.toml", "uv.lock", "package-lock.json")
"""All that the templates and assets are made from, and the versions of the tools that make them."""
IGNORED_PARTS = frozenset({"__pycache__", ".mypy_cache", ".ruff_cache"})
TELLING = re.compile(r"_FAILED|❌|‣|Error|error:|Exception|Traceback|File \"")
LAST_LINES = 25


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """One stage `local` in one emulator, reachable under these addresses."""

    endpoint: Endpoint
    state: StateDirectory
    websocket_endpoint: str
    """`ws://127.0.0.1:PORT`, where the WebSocket gateway will listen."""
    site_endpoint: str
    """`http://127.0.0.1:PORT`, the page's origin."""
    cache_endpoint: str
    """`redis://127.0.0.1:PORT`, what functions share."""

    def deploy(self, report: Callable[[str], None]) -> Outputs:
        """Deploys what changed and returns the stage's outputs; `report` hears each step in a few words.

        Raises `LocalError` with the CDK's own complaint when the deployment fails.
        """
        outputs = Outputs.read(self.endpoint)
        wanted = self.fingerprint()
        if outputs is not None and self._record().get("inputs") == wanted:
            report("the stacks are as deployed last time")
        else:
            self.state.log("deployment").unlink(missing_ok=True)
            self._bootstrap(report)
            self._run_deployment(report)
            outputs = Outputs.read(self.endpoint)
            if outputs is None:
                raise LocalError(f"The CDK says that it deployed, but not every stack of stage {STAGE} is complete.")
            self._remember(wanted, reloaded=self.reloaded)
        upload_site(self.endpoint, outputs["SiteBucketName"])
        return outputs

    @property
    def reloaded(self) -> bool:
        """Whether functions were given other code since the last deployment (`local.reload`)."""
        return bool(self._record().get("reloaded"))

    def remember_reload(self, *, reloaded: bool = True) -> None:
        """Remembers whether functions may have other code than CloudFormation believes, which would not correct it."""
        self._remember(self._record().get("inputs"), reloaded=reloaded)

    def fingerprint(self) -> str:
        """One hash over everything that the templates and assets are made from."""
        total = hashlib.sha256(repr([self.endpoint.url, *sorted(self._context().items())]).encode())
        for path in input_files():
            total.update(f"\0{path.relative_to(ROOT)}\0".encode() + path.read_bytes())
        return total.hexdigest()

    def _record(self) -> dict[str, Any]:
        """What is known of the last deployment that succeeded; empty when there was none."""
        try:
            record: dict[str, Any] = json.loads(self.state.deployment.read_text())
        except (OSError, ValueError):
            return {}
        return record

    def _remember(self, inputs: str | None, *, reloaded: bool) -> None:
        self.state.deployment.write_text(json.dumps({"inputs": inputs, "reloaded": reloaded}))

    def _context(self) -> dict[str, str]:
        return {
            "stage": STAGE,
            "websocket_endpoint": self.websocket_endpoint,
            "site_endpoint": self.site_endpoint,
            "cache_endpoint": self.cache_endpoint,
            "operators": OPERATOR,
        }

    def _bootstrap(self, report: Callable[[str], None]) -> None:
        """What the CDK needs in an account before the first deployment: its bucket for assets, and its roles."""
        if self.endpoint.stack_outputs(TOOLKIT_STACK) is None:
            report("preparing the account (cdk bootstrap)")
            # Outside the repository: with a cdk.json before it the CDK would synthesize first.
            self._run_cdk(["bootstrap", f"aws://{ACCOUNT}/{REGION}"], report, directory=self.state.root)

    def _run_deployment(self, report: Callable[[str], None]) -> None:
        report("writing the templates and building the layers (cdk synth)")
        context = [part for name, value in self._context().items() for part in ("-c", f"{name}={value}")]
        application = ["--app", f"{sys.executable} -m cdk.app", "--output", str(self.state.assembly)]
        options = ["--all", "--require-approval", "never", "--method", "direct", "--progress", "events"]
        self._remember(None, reloaded=self.reloaded)
        shutil.rmtree(self.state.assembly, ignore_errors=True)
        self._run_cdk(["deploy", *options, *application, *context], report, directory=ROOT)

    def _run_cdk(self, arguments: Sequence[str], report: Callable[[str], None], *, directory: Path) -> None:
        """Runs the CDK's command line; what it prints goes to the log, and its milestones to `report`."""
        log = self.state.log("deployment")
        command = [*cdk_command(), *arguments, "--ci", "--no-notices", "--no-color"]
        said: deque[str] = deque(maxlen=400)
        with log.open("a") as file:
            file.write(f"$ {' '.join(command)}\n")
            with subprocess.Popen(
                command,
                cwd=directory,
                env=cdk_environment(self.endpoint),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
            ) as child:
                for line in child.stdout or ():
                    file.write(line)
                    said.append(line.rstrip())
                    if milestone := read_milestone(line):
                        report(milestone)
        if child.returncode:
            raise LocalError(describe_failure(arguments[0], said, log))


def cdk_environment(endpoint: Endpoint) -> dict[str, str]:
    """The caller's environment, but for the emulator and without what makes the CDK slow."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "CDK_"))}
    # The CDK's own validation of templates costs three seconds, and the tests do it.
    return {**inherited, **endpoint.environment, "PATH": search_path(), "CDK_VALIDATION": "false"}


def input_files() -> Iterator[Path]:
    """Every file of `INPUTS`, in one order."""
    for name in INPUTS:
        place = ROOT / name
        if place.is_dir():
            files = (path for path in place.rglob("*") if path.is_file() and not IGNORED_PARTS & set(path.parts))
            yield from sorted(files)
        elif place.exists():
            yield place


def read_milestone(line: str) -> str | None:
    """What a line of the CDK's output means to someone who waits; None for most."""
    match = re.match(r"(?:.*\s)?(chat-\S+): deploying", line)
    return f"deploying {match[1]}" if match else None


def describe_failure(command: str, said: Sequence[str], log: Path) -> str:
    """The paragraph for a failed run of the CDK: the lines that tell why, in front of the last ones."""
    telling = [line for line in said if TELLING.search(line)] or list(said)
    shown = "\n".join(f"    {line}" for line in telling[-LAST_LINES:])
    return (
        f"`cdk {command}` failed. It complained:\n{shown}\nAll it said is in {log}. Mend what it names "
        "and start again: what is deployed already is kept. To begin with an empty account instead: "
        "python -m local.dev --fresh"
    )


def upload_site(endpoint: Endpoint, bucket: str) -> int:
    """Puts the built web page, where there is one, into its bucket; returns how many files there were to upload."""
    if not SITE.is_dir():
        return 0
    storage = endpoint.client("s3")
    files = [path for path in sorted(SITE.rglob("*")) if path.is_file()]
    changed = 0
    for path in files:
        key, body = path.relative_to(SITE).as_posix(), path.read_bytes()
        digest = hashlib.sha256(body).hexdigest()
        if stored_digest(storage, bucket, key) == digest:
            continue
        cache = "public, max-age=31536000, immutable" if key.startswith("assets/") else "no-cache"
        kind = mimetypes.guess_type(key)[0] or "application/octet-stream"
        storage.put_object(
            Bucket=bucket, Key=key, Body=body, ContentType=kind, CacheControl=cache, Metadata={"sha256": digest}
        )
        changed += 1
    return changed


def stored_digest(storage: Any, bucket: str, key: str) -> str | None:  # noqa: ANN401  # a boto3 client
    """The hash that `upload_site` stored with an object; None when there is no such object."""
    try:
        metadata: Mapping[str, str] = storage.head_object(Bucket=bucket, Key=key)["Metadata"]
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:  # noqa: PLR2004  # HTTP
            return None
        raise
    return metadata.get("sha256")
