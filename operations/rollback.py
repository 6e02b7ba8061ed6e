"""`make rollback STAGE=…`: functions run the version before again. No deployment: it takes a second, not minutes.

    python -m operations.rollback --stage prod --dry-run
    python -m operations.rollback --stage prod --reason "sends fail since 14:02"
    python -m operations.rollback --stage prod --reason "…" message.command --to 41

Without names it takes back what the last deployment of `chat-STAGE-service` brought. While CodeDeploy moves traffic,
its deployments are stopped instead: it and CloudFormation then take everything back by themselves. Whoever went back,
from what and why is entered in the stage's audit, and a version that was left so is never gone back to.

Exit status: 0 when all is done, 1 when something is not, 2 for a stage, a function or a version that is not there.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from botocore.exceptions import ClientError

from chat.aws.function_scaling import ALIAS
from operations.deeds import about_what, enter
from operations.ending import explained
from operations.errors import OperationError, UsageError
from operations.rollouts import (
    LATEST,
    Deployment,
    LiveFunction,
    Stack,
    read_deployments,
    read_functions,
    read_stacks,
)
from operations.stage import Stage

DEED = "functions.rollback"

WHAT_STAYS = (
    "Code goes back, what it stored does not: messages, memberships and settings that the newer version wrote stay, "
    "and so do tables, queues, alarms and settings of APIs that its deployment changed. See "
    "docs/how-to/deploy.md#what-does-not-go-back."
)


@dataclass(frozen=True)
class Move:
    """A function that is to run another version."""

    live: LiveFunction
    to: str

    @property
    def about(self) -> str:
        """What is left, as the audit has it."""
        return f"{self.live.name}:{self.live.version}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Goes back in one stage; returns the exit status."""
    options = parse(arguments)
    return explained(options.stage, lambda: roll_back(Stage.find(options.stage), options))


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The command line. Ends the program with 2 for one that asks for nothing that there is."""
    parser = argparse.ArgumentParser(prog="python -m operations.rollback", description=__doc__)
    parser.add_argument("--stage", required=True, help="the deployed stage")
    parser.add_argument("--stack", default="service", help="whose last deployment is taken back (%(default)s)")
    parser.add_argument("--to", metavar="VERSION", help="with one function: another version than the one before")
    parser.add_argument("--reason", default="", help="for the audit; without it nothing is done")
    parser.add_argument("--dry-run", action="store_true", help="say what would be done")
    parser.add_argument("functions", nargs="*", metavar="FUNCTION", help="GROUP.MODULE, of any stack of the stage")
    options = parser.parse_args(arguments)
    if options.to and len(options.functions) != 1:
        parser.error("--to is for one function, by its name")
    if not (options.dry_run or options.reason.strip()):
        parser.error("say why with --reason, or look with --dry-run")
    return options


def roll_back(stage: Stage, options: argparse.Namespace) -> int:
    """Stops what is being deployed, or moves aliases back; the exit status."""
    stacks = read_stacks(stage)
    if under_way := read_deployments(stage):
        return _stop(stage, under_way, dry_run=options.dry_run)
    _require_quiet(stacks)
    functions = read_functions(stage, stacks, about_what(stage, DEED))
    moves = plan(functions, f"chat-{stage.name}-{options.stack}", options.functions, options.to)
    for move in moves:
        print(f"{move.live.name}: version {move.live.version} -> {move.to}")
    if options.dry_run:
        print(f"Nothing was done. {WHAT_STAYS}")
        return 0
    enter(stage, DEED, [move.about for move in moves], options.reason)
    failed = [reason for move in moves if (reason := _move(stage, move))]
    print("\n".join([*failed, WHAT_STAYS]))
    return OperationError.status if failed else 0


def plan(functions: Sequence[LiveFunction], stack: str, names: Sequence[str], to: str | None) -> list[Move]:
    """What goes where. Raises `UsageError` where there is nothing to go back to."""
    known = {live.name: live for live in functions}
    if unknown := [name for name in names if name not in known]:
        raise UsageError(f"There is no function {', '.join(unknown)}; there are: {', '.join(known)}.")
    if functions and all(live.version == LATEST for live in functions):
        raise UsageError("The functions of this stage have no versions: deploy the commit before instead.")
    chosen = [known[name] for name in names] or [live for live in functions if live.changed and live.stack == stack]
    if not chosen:
        raise UsageError(f"The last deployment of {stack} changed no function. Name those that are to go back.")
    if to is not None and to not in chosen[0].earlier:
        kept = ", ".join(chosen[0].earlier) or "none"
        raise UsageError(f"{chosen[0].name} can't go back to version {to}; to: {kept}.")
    if stuck := [live.name for live in chosen if live.before is None]:
        raise UsageError(f"There is no version before of {', '.join(stuck)}: deploy the commit before instead.")
    return [Move(live, to or live.before or "") for live in chosen]


def _require_quiet(stacks: Sequence[Stack]) -> None:
    busy = [stack.name for stack in stacks if stack.in_progress]
    if busy:
        raise OperationError(
            f"{', '.join(busy)} is being deployed. Wait for the end, or stop it: "
            f"aws cloudformation cancel-update-stack --stack-name {busy[0]}"
        )


def _stop(stage: Stage, deployments: Sequence[Deployment], *, dry_run: bool) -> int:
    deploying = stage.client("codedeploy")
    for deployment in deployments:
        print(f"{deployment.name}: deployment {deployment.id} is {deployment.status} and is stopped")
        if not dry_run:
            deploying.stop_deployment(deploymentId=deployment.id, autoRollbackEnabled=True)
    print("Nothing was done." if dry_run else "CloudFormation takes the rest of this deployment back by itself.")
    return 0


def _move(stage: Stage, move: Move) -> str | None:
    """Moves one alias; why not, if so. A revision other than the one that was read is somebody else's move."""
    try:
        stage.client("lambda").update_alias(
            FunctionName=move.live.function,
            Name=ALIAS,
            FunctionVersion=move.to,
            RoutingConfig={"AdditionalVersionWeights": {}},
            RevisionId=move.live.revision,
        )
    except ClientError as error:
        return f"{move.live.name} was not moved: {error.response['Error']['Code']}"
    return None


if __name__ == "__main__":
    sys.exit(main())
