"""`make deploy STAGE=…`: deploys a stage into the AWS account of the caller's credentials, after seeing that there
are any.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from local.deployment import TOOLKIT_STACK
from local.errors import LocalError, explain
from local.page import build_page
from local.paths import BUILD, ROOT
from local.programs import cdk_command, search_path

if TYPE_CHECKING:
    from collections.abc import Sequence

DEFAULT_REGION = "us-east-1"


def main(arguments: Sequence[str] | None = None) -> int:
    """Deploys; returns the CDK's exit status. Raises `LocalError` before anything is changed where something is
    missing.
    """
    parser = argparse.ArgumentParser(prog="python -m local.account", description="Deploys a stage into an AWS account.")
    parser.add_argument("stage", help="dev or prod")
    parser.add_argument(
        "context", nargs="*", metavar="NAME=VALUE", help="more context for the CDK, such as oidc_issuer=…"
    )
    options = parser.parse_args(arguments)
    account, region = find_account(options.stage)
    require_bootstrap(account, region)
    BUILD.mkdir(exist_ok=True)
    build_page(BUILD / "page.log")
    context = [part for value in (f"stage={options.stage}", *options.context) for part in ("-c", value)]
    application = ["--app", f"{sys.executable} -m cdk.app", "--output", str(BUILD / options.stage)]
    print(f"Deploying stage {options.stage} into account {account}, Region {region}.", flush=True)
    command = [*cdk_command(), "deploy", "--all", "--no-notices", *application, *context]
    environment = {**os.environ, "PATH": search_path(), "AWS_REGION": region}
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode


def find_account(stage: str) -> tuple[str, str]:
    """The account and Region of the caller's credentials. Raises `LocalError` when there are none that work."""
    session = boto3.Session()
    region = session.region_name or DEFAULT_REGION
    try:
        identity = session.client("sts", region_name=region).get_caller_identity()
    except (BotoCoreError, ClientError) as error:
        raise LocalError(
            f"Stage {stage} can't be deployed: AWS does not know who is asking ({error}). Give credentials of the "
            "account it is to live in, in any way that AWS tools know: AWS_PROFILE=name, or AWS_ACCESS_KEY_ID with "
            "AWS_SECRET_ACCESS_KEY, and AWS_REGION for the Region. They must be allowed to use the CDK's roles, or to "
            f"administer the account. Then: make deploy STAGE={stage}. Without an account, `make dev` runs the same "
            "templates on this machine."
        ) from error
    return identity["Account"], region


def require_bootstrap(account: str, region: str) -> None:
    """Raises `LocalError` unless the account was prepared for the CDK in this Region."""
    try:
        boto3.client("cloudformation", region_name=region).describe_stacks(StackName=TOOLKIT_STACK)
    except ClientError as error:
        if error.response["Error"]["Code"] == "AccessDenied":
            return
        raise LocalError(
            f"Account {account} was never prepared for the CDK in Region {region} (there is no stack {TOOLKIT_STACK}). "
            f"Once for each Region: .venv/bin/node node_modules/aws-cdk/bin/cdk bootstrap aws://{account}/{region}"
        ) from error


if __name__ == "__main__":
    sys.exit(explain(main))
