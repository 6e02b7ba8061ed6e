"""Stages on AWS: who asks, what they may do, what is deployed, and what is left of the quotas.

Everything here reads. Who may ask IAM is told by it what is missing; who may not is told by trying.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, TokenRetrievalError

from operations.doctor.findings import Finding, failed, ok
from operations.facts.quotas import quota

EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired"})
REFUSED = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "UnauthorizedOperation",
        "AuthorizationError",
        "AuthorizationErrorException",
    }
)
COUNTED_ON = ("api_requests", "new_connections", "concurrency", "table_writes", "table_reads")
"""Quotas that a stage counts on having as AWS gives them. A new account may have less: of Lambda ten at once."""

UNKNOWN = "NoSuchResourceException"
"""What Service Quotas says where the account has no value of its own."""

STACKS = ("data", "service", "media", "operations", "edge", "observability")
"""Of every stage; a cache of its own is one more where it is configured."""

USABLE = frozenset({"CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"})

SIGN_IN = "aws sso login, or export AWS_PROFILE=name, or AWS_ACCESS_KEY_ID with AWS_SECRET_ACCESS_KEY"


@dataclass(frozen=True)
class Trial:
    """A call that reads, and the action that it needs. The service is boto3's name of it."""

    service: str
    operation: str
    action: str
    arguments: dict[str, Any]


TRIALS = (
    Trial("cloudformation", "list_stacks", "cloudformation:ListStacks", {}),
    Trial("ssm", "get_parameters_by_path", "ssm:GetParametersByPath", {"Path": "/chat"}),
    Trial("dynamodb", "list_tables", "dynamodb:ListTables", {"Limit": 1}),
    Trial("sqs", "list_queues", "sqs:ListQueues", {"MaxResults": 1}),
    Trial("sns", "list_topics", "sns:ListTopics", {}),
    Trial("lambda", "list_functions", "lambda:ListFunctions", {"MaxItems": 1}),
    Trial("apigatewayv2", "get_apis", "apigateway:GET", {"MaxResults": "1"}),
    Trial("cloudwatch", "describe_alarms", "cloudwatch:DescribeAlarms", {"MaxRecords": 1}),
    Trial("logs", "describe_log_groups", "logs:DescribeLogGroups", {"limit": 1}),
    Trial("s3", "list_buckets", "s3:ListAllMyBuckets", {}),
    Trial("stepfunctions", "list_state_machines", "states:ListStateMachines", {"maxResults": 1}),
    Trial("cloudfront", "list_distributions", "cloudfront:ListDistributions", {"MaxItems": "1"}),
)
"""What deploying, watching and redriving a stage looks at."""


def look(stage: str, client: Callable[[str], Any]) -> Iterator[Finding]:
    """All of an account; nothing but the credentials where these don't work."""
    finding, arn = credentials(client)
    yield finding
    if arn is None:
        return
    yield permissions(client, arn)
    yield deployed(stage, client)
    yield from quotas(client)


def credentials(client: Callable[[str], Any]) -> tuple[Finding, str | None]:
    """Who asks: their ARN, None where AWS does not know them."""
    try:
        identity = client("sts").get_caller_identity()
    except (NoCredentialsError, TokenRetrievalError) as error:
        return failed("credentials", f"there are none that work ({error})", SIGN_IN), None
    except ClientError as error:
        old = error.response["Error"]["Code"] in EXPIRED
        said = "they have expired" if old else f"AWS does not take them ({error})"
        return failed("credentials", said, SIGN_IN), None
    except BotoCoreError as error:
        return failed(
            "credentials", f"AWS can't be reached ({error})", "look at the network, AWS_REGION and HTTPS_PROXY"
        ), None
    return ok("credentials", f"{identity['Arn']} of account {identity['Account']}"), str(identity["Arn"])


def permissions(client: Callable[[str], Any], arn: str) -> Finding:
    """Actions that operators need and that are refused to who asks."""
    actions = [trial.action for trial in TRIALS]
    try:
        pages = client("iam").get_paginator("simulate_principal_policy")
        found = pages.paginate(PolicySourceArn=_policy_source(arn), ActionNames=actions)
        results = [result for page in found for result in page["EvaluationResults"]]
        lacking = [result["EvalActionName"] for result in results if result["EvalDecision"] != "allowed"]
        how = "IAM's simulation"
    except (ClientError, BotoCoreError):
        lacking, how = [trial.action for trial in TRIALS if _refused(client, trial)], "calls that were tried"
    if lacking:
        return failed(
            "permissions", f"{how}: refused are {', '.join(lacking)}", "have these actions allowed to who asks"
        )
    return ok("permissions", f"{how}: all {len(actions)} actions are allowed")


def deployed(stage: str, client: Callable[[str], Any]) -> Finding:
    """Whether all stacks are there, and in a state that can be used and updated. A call for each."""
    formation = client("cloudformation")
    for name in STACKS:
        stack = f"chat-{stage}-{name}"
        try:
            status = formation.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"]
        except (ClientError, BotoCoreError) as error:
            return failed("deployment", f"{stack}: {error}", f"make deploy STAGE={stage}")
        if status not in USABLE:
            mend = f"see its events in CloudFormation, then make deploy STAGE={stage}"
            return failed("deployment", f"{stack} is {status}", mend)
    return ok("deployment", f"all {len(STACKS)} stacks of {stage} can be used")


def quotas(client: Callable[[str], Any]) -> Iterator[Finding]:
    """Those that a stage counts on. Of one that the account has no value of its own, AWS' default holds."""
    asked = client("service-quotas")
    for known in map(quota, COUNTED_ON):
        name = f"quota {known.code}"
        try:
            found = asked.get_service_quota(ServiceCode=known.service, QuotaCode=known.code)
            value = float(found["Quota"]["Value"])
        except (ClientError, BotoCoreError) as error:
            if _code(error) != UNKNOWN:
                mend = "have servicequotas:GetServiceQuota allowed"
                yield failed(name, f"Service Quotas does not say: {error}", mend)
                continue
            value = known.value
        said = f"{known.title}: {value:,.0f} {known.unit}"
        if value < known.value:
            mend = f"ask for {known.code} to be raised in Service Quotas; `make plan` says how far"
            yield failed(name, f"{said}, less than the {known.value:,.0f} that AWS gives", mend)
        else:
            yield ok(name, said)


def _code(error: Exception) -> str:
    """AWS' own, "" for what did not come from it."""
    return str(error.response["Error"]["Code"]) if isinstance(error, ClientError) else ""


def _refused(client: Callable[[str], Any], trial: Trial) -> bool:
    try:
        getattr(client(trial.service), trial.operation)(**trial.arguments)
    except ClientError as error:
        return error.response["Error"]["Code"] in REFUSED
    except BotoCoreError:
        return False
    return False


def _policy_source(arn: str) -> str:
    """The role behind a session of it: IAM simulates roles and users."""
    head, kind, rest = arn.partition(":assumed-role/")
    return f"{head.replace(':sts:', ':iam:')}:role/{rest.split('/')[0]}" if kind else arn
