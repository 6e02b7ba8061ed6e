"""Who may do what: the whole of every role, since least privilege is what is absent."""

from __future__ import annotations

import re

import pytest

from cdk.constructs import function as functions
from chat.rehearsal import FUNCTIONS
from chat.storage import keys
from tests.infrastructure.assembly import Assembly, walk

ROOMS, MESSAGES, CONNECTIONS = "{data/Rooms}", "{data/Messages}", "{data/Connections}"
UPLOADS, VARIANTS = "{data/Media/Bucket}/uploads/*", "{data/Media/Bucket}/media/*"
EXPORTS = "{data/Media/Bucket}/exports/*"
MEDIA_KEY = "{media/MediaKeySecret1}"
EDGE_LOGS = "{edge/Site/AccessLogs}"
LEDGER = "{data/Media/Bucket}/audit/erasures/*"
NOTICES, JOBS = "{service/Notices/Queue}", "{service/Jobs/Queue}"
DELIVERY, EVENTS, SECRET = "{service/Delivery/Queue}", "{service/RoomEvents/Topic}", "{data/SessionSecret}"
SOCKETS = (
    "arn:{AWS::Partition}:execute-api:{AWS::Region}:{AWS::AccountId}:{service/WebSocket/Api}/STAGE*/POST/@connections/*"
)
PUSH_LATER = "{service/PushLater/Queue}"
TO_WEBHOOKS, OUTBOUND = "{service/ToWebhooks/Queue}", "{data/OutboundSecret}"
CACHE = "{service/Cache/Queue}"
GROUPS = "arn:{AWS::Partition}:codedeploy:{AWS::Region}:{AWS::AccountId}:deploymentgroup"
REPORT = "codedeploy:PutLifecycleEventHookExecutionStatus"
REHEARSED = [name.rpartition(".")[2].title().replace("_", "") for name in FUNCTIONS]
SITE_URL = "arn:{AWS::Partition}:ssm:{AWS::Region}:{AWS::AccountId}:parameter/chat/STAGE/site-url"
DISTRIBUTION_ID = SITE_URL.replace("site-url", "distribution-id")
POLLER_PLAN = SITE_URL.replace("site-url", "poller-plan")
IN_REGION = "{AWS::Region}:{AWS::AccountId}"
RAISING = [
    f"arn:{{AWS::Partition}}:cloudwatch:{IN_REGION}:alarm:chat-STAGE-{name}"
    for name in ("delivery-waiting", "notices-waiting", "messages-refusing", "connections-refusing")
]
QUOTAS_AHEAD = [
    f"arn:{{AWS::Partition}}:servicequotas:{IN_REGION}:{quota}"
    for quota in (
        "apigateway/L-8A5B8E43",
        "apigateway/L-9ED1E49A",
        "lambda/L-B99A9384",
        "dynamodb/L-AB614373",
        "dynamodb/L-CF0CBE56",
    )
]
DEAD_LETTERS = SITE_URL.replace("site-url", "dead-letters")
DISCARDED = "{data/Media/Bucket}/audit/discarded/*"
STAGE_STREAMS = f"arn:{{AWS::Partition}}:dynamodb:{IN_REGION}:table/chat-STAGE-*/stream/*"
DASHBOARDS = "arn:{AWS::Partition}:cloudwatch::{AWS::AccountId}:dashboard/chat-STAGE-*"
DISTRIBUTIONS = "arn:{AWS::Partition}:cloudfront::{AWS::AccountId}:distribution/*"
STAGE_STACKS = "arn:{AWS::Partition}:cloudformation:{AWS::Region}:{AWS::AccountId}:stack/chat-STAGE-*"
STAGE_QUEUES = "arn:{AWS::Partition}:sqs:{AWS::Region}:{AWS::AccountId}:chat-STAGE-*"
STAGE_FUNCTIONS = "arn:{AWS::Partition}:lambda:{AWS::Region}:{AWS::AccountId}:function:chat-STAGE-*"
SCALED = ("Authorize", "Connect", "Command", "Deliver", "Notice")
POLLED = [
    f"arn:{{AWS::Partition}}:lambda:{IN_REGION}:event-source-mapping:{{service/{name}/Live/SqsEventSource}}"
    for name in ("Deliver", "Notice")
]
CONSUME = "sqs:ReceiveMessage sqs:DeleteMessage sqs:ChangeMessageVisibility sqs:GetQueueUrl sqs:GetQueueAttributes"
FOLLOW = "dynamodb:DescribeStream dynamodb:GetRecords dynamodb:GetShardIterator dynamodb:ListStreams"
STORE = "dynamodb:GetItem dynamodb:Query dynamodb:PutItem dynamodb:UpdateItem"

PERMISSIONS = {
    "connect.authorize": {CONNECTIONS: "dynamodb:DeleteItem"},
    "connect.connect": {CONNECTIONS: "dynamodb:PutItem", NOTICES: "sqs:SendMessage"},
    "connect.disconnect": {CONNECTIONS: "dynamodb:Query dynamodb:DeleteItem", NOTICES: "sqs:SendMessage"},
    "connect.sessions": {SECRET: "secretsmanager:GetSecretValue"},
    "connect.tickets": {CONNECTIONS: "dynamodb:GetItem dynamodb:PutItem", SECRET: "secretsmanager:GetSecretValue"},
    "connect.wallet_nonces": {CONNECTIONS: "dynamodb:PutItem"},
    "connect.wallet_sessions": {
        CONNECTIONS: "dynamodb:DeleteItem",
        SECRET: "secretsmanager:GetSecretValue",
        SITE_URL: "ssm:GetParameter",
    },
    "message.command": {
        ROOMS: f"{STORE} dynamodb:BatchGetItem dynamodb:DeleteItem dynamodb:ConditionCheckItem",
        MESSAGES: f"{STORE} dynamodb:BatchGetItem dynamodb:DeleteItem",
        CONNECTIONS: f"{STORE} dynamodb:BatchGetItem dynamodb:DeleteItem",
        SOCKETS: "execute-api:ManageConnections",
        DELIVERY: "sqs:SendMessage",
        NOTICES: "sqs:SendMessage",
    },
    "message.http_command": {
        ROOMS: f"{STORE} dynamodb:BatchGetItem dynamodb:DeleteItem dynamodb:ConditionCheckItem",
        MESSAGES: f"{STORE} dynamodb:BatchGetItem dynamodb:DeleteItem",
        CONNECTIONS: f"{STORE} dynamodb:BatchGetItem dynamodb:DeleteItem",
        SOCKETS: "execute-api:ManageConnections",
        DELIVERY: "sqs:SendMessage",
        NOTICES: "sqs:SendMessage",
        SECRET: "secretsmanager:GetSecretValue",
    },
    "message.http_events": {
        ROOMS: "dynamodb:GetItem",
        MESSAGES: "dynamodb:GetItem dynamodb:BatchGetItem dynamodb:Query dynamodb:PutItem",
        SECRET: "secretsmanager:GetSecretValue",
    },
    "message.tail": {MESSAGES: "dynamodb:GetItem dynamodb:BatchGetItem dynamodb:Query dynamodb:PutItem"},
    "message.deliver": {
        ROOMS: "dynamodb:GetItem dynamodb:Query",
        MESSAGES: "dynamodb:GetItem dynamodb:BatchGetItem dynamodb:Query dynamodb:PutItem",
        CONNECTIONS: f"{STORE} dynamodb:DeleteItem",
        SOCKETS: "execute-api:ManageConnections",
        DELIVERY: f"sqs:SendMessage {CONSUME}",
    },
    "message.notices": {
        ROOMS: "dynamodb:GetItem dynamodb:Query dynamodb:PutItem",
        CONNECTIONS: "dynamodb:GetItem dynamodb:Query dynamodb:PutItem",
        SOCKETS: "execute-api:ManageConnections",
        NOTICES: f"sqs:SendMessage {CONSUME}",
    },
    "message.outbox": {
        EVENTS: "sns:Publish",
        MESSAGES: FOLLOW,
        ROOMS: FOLLOW,
        "{service/RoomEvents/OutboxDeadLetters/Queue}": "sqs:SendMessage sqs:GetQueueUrl sqs:GetQueueAttributes",
        "{service/RoomEvents/MembershipDeadLetters/Queue}": "sqs:SendMessage sqs:GetQueueUrl sqs:GetQueueAttributes",
    },
    "message.activity": {
        ROOMS: "dynamodb:GetItem dynamodb:PutItem",
        NOTICES: "sqs:SendMessage",
        "{service/RoomEvents/Activity/Queue}": CONSUME,
    },
    "message.index": {
        ROOMS: "dynamodb:GetItem dynamodb:Query dynamodb:PutItem",
        MESSAGES: "dynamodb:BatchGetItem dynamodb:PutItem dynamodb:DeleteItem",
        JOBS: "sqs:SendMessage",
        "{service/RoomEvents/Index/Queue}": CONSUME,
    },
    "media.purge": {
        ROOMS: "dynamodb:DeleteItem dynamodb:UpdateItem",
        MESSAGES: "dynamodb:Query dynamodb:DeleteItem",
        UPLOADS: "s3:DeleteObject",
        VARIANTS: "s3:DeleteObject",
        LEDGER: "s3:PutObject",
        DISTRIBUTION_ID: "ssm:GetParameter",
        "{data/Media/Bucket}": "s3:ListBucket",
        DISTRIBUTIONS: "cloudfront:CreateInvalidation",
        "{service/RoomEvents/Purge/Queue}": CONSUME,
    },
    "message.push": {
        ROOMS: "dynamodb:GetItem dynamodb:BatchGetItem dynamodb:Query dynamodb:UpdateItem dynamodb:DeleteItem",
        CONNECTIONS: "dynamodb:BatchGetItem",
        PUSH_LATER: f"sqs:SendMessage {CONSUME}",
        OUTBOUND: "secretsmanager:GetSecretValue",
        "{service/RoomEvents/Push/Queue}": CONSUME,
    },
    "connect.push_subscriptions": {
        ROOMS: f"{STORE} dynamodb:DeleteItem",
        OUTBOUND: "secretsmanager:GetSecretValue",
        SECRET: "secretsmanager:GetSecretValue",
    },
    "message.webhooks": {
        ROOMS: "dynamodb:Query",
        TO_WEBHOOKS: "sqs:SendMessage",
        "{service/RoomEvents/Webhooks/Queue}": CONSUME,
    },
    "message.webhook_deliveries": {
        ROOMS: "dynamodb:Query dynamodb:UpdateItem",
        TO_WEBHOOKS: f"sqs:SendMessage {CONSUME}",
        OUTBOUND: "secretsmanager:GetSecretValue",
    },
    "ops.webhook_settings": {
        ROOMS: f"{STORE} dynamodb:DeleteItem",
        MESSAGES: "dynamodb:GetItem dynamodb:BatchGetItem dynamodb:Query dynamodb:PutItem",
        TO_WEBHOOKS: "sqs:SendMessage",
        OUTBOUND: "secretsmanager:GetSecretValue",
        SECRET: "secretsmanager:GetSecretValue",
    },
    "ops.rehearsal": {
        CONNECTIONS: "dynamodb:PutItem",
        MESSAGES: "dynamodb:DeleteItem",
        **{f"{{service/{name}}}:*": "lambda:InvokeFunction" for name in REHEARSED},
        **{f"{GROUPS}:{{service/Application}}/{{service/{name}/Rollout}}": REPORT for name in REHEARSED},
    },
    "ops.canary": {CONNECTIONS: "dynamodb:GetItem dynamodb:PutItem", MESSAGES: "dynamodb:DeleteItem"},
    "ops.flags": {
        ROOMS: "dynamodb:GetItem dynamodb:Query dynamodb:PutItem dynamodb:UpdateItem dynamodb:DeleteItem",
        SECRET: "secretsmanager:GetSecretValue",
    },
    "ops.cache": {
        ROOMS: "dynamodb:Query dynamodb:PutItem dynamodb:UpdateItem dynamodb:DeleteItem",
        CACHE: "sqs:SendMessage",
        SECRET: "secretsmanager:GetSecretValue",
    },
    "ops.cache_invalidation": {
        ROOMS: "dynamodb:GetItem dynamodb:BatchGetItem dynamodb:Query",
        MESSAGES: "dynamodb:GetItem dynamodb:Query dynamodb:PutItem",
        CACHE: f"sqs:SendMessage {CONSUME}",
        "{service/RoomEvents/CacheEvents/Queue}": CONSUME,
    },
    "ops.account": {
        ROOMS: "dynamodb:GetItem dynamodb:Query dynamodb:PutItem",
        JOBS: "sqs:SendMessage",
        EXPORTS: "s3:GetObject",
        SECRET: "secretsmanager:GetSecretValue",
    },
    "ops.account_jobs": {
        ROOMS: f"{STORE} dynamodb:BatchGetItem dynamodb:DeleteItem",
        MESSAGES: f"{STORE} dynamodb:BatchGetItem dynamodb:DeleteItem",
        CONNECTIONS: "dynamodb:GetItem dynamodb:Query dynamodb:DeleteItem",
        SOCKETS: "execute-api:ManageConnections",
        DELIVERY: "sqs:SendMessage",
        JOBS: f"sqs:SendMessage {CONSUME}",
        VARIANTS: "s3:GetObject",
        EXPORTS: "s3:PutObject s3:DeleteObject s3:AbortMultipartUpload",
        LEDGER: "s3:PutObject",
        "{data/Media/Bucket}": "s3:ListBucket",
    },
    "media.uploads": {
        ROOMS: "dynamodb:GetItem dynamodb:PutItem dynamodb:UpdateItem",
        UPLOADS: "s3:PutObject s3:ListMultipartUploadParts s3:AbortMultipartUpload",
        SECRET: "secretsmanager:GetSecretValue",
    },
    "media.access": {
        ROOMS: "dynamodb:GetItem",
        MEDIA_KEY: "secretsmanager:GetSecretValue",
        SECRET: "secretsmanager:GetSecretValue",
        SITE_URL: "ssm:GetParameter",
    },
    "media.public_key": {MEDIA_KEY: "secretsmanager:GetSecretValue"},
    "media.inspect": {ROOMS: "dynamodb:GetItem dynamodb:UpdateItem", UPLOADS: "s3:GetObject"},
    "media.variants": {ROOMS: "dynamodb:GetItem", UPLOADS: "s3:GetObject", VARIANTS: "s3:PutObject"},
    "media.sound": {ROOMS: "dynamodb:GetItem", UPLOADS: "s3:GetObject", VARIANTS: "s3:PutObject"},
    "media.document": {ROOMS: "dynamodb:GetItem", UPLOADS: "s3:GetObject", VARIANTS: "s3:PutObject"},
    "media.transcode": {ROOMS: "dynamodb:GetItem", UPLOADS: "s3:GetObject", VARIANTS: "s3:PutObject"},
    "media.video_job": {ROOMS: "dynamodb:GetItem"},
    "media.video": {
        ROOMS: "dynamodb:GetItem",
        UPLOADS: "s3:GetObject",
        VARIANTS: "s3:GetObject s3:PutObject",
        "{data/Media/Bucket}": "s3:ListBucket",
    },
    "media.announce": {
        ROOMS: "dynamodb:GetItem dynamodb:BatchGetItem dynamodb:PutItem dynamodb:UpdateItem",
        MESSAGES: STORE,
        CONNECTIONS: f"{STORE} dynamodb:DeleteItem",
        SOCKETS: "execute-api:ManageConnections",
        DELIVERY: "sqs:SendMessage",
    },
    "media.reject": {
        ROOMS: "dynamodb:GetItem dynamodb:UpdateItem",
        MESSAGES: "dynamodb:GetItem",
        CONNECTIONS: "dynamodb:Query dynamodb:DeleteItem",
        SOCKETS: "execute-api:ManageConnections",
        UPLOADS: "s3:DeleteObject",
        VARIANTS: "s3:DeleteObject",
        "{data/Media/Bucket}": "s3:ListBucket",
    },
    "ops.health": {
        ROOMS: "dynamodb:DescribeTable",
        MESSAGES: "dynamodb:DescribeTable",
        CONNECTIONS: "dynamodb:DescribeTable",
        DELIVERY: "sqs:GetQueueAttributes",
        EVENTS: "sns:GetTopicAttributes",
        "{data/Media/Bucket}": "s3:ListBucket",
        SECRET: "secretsmanager:GetSecretValue",
    },
    "ops.console": {
        ROOMS: "dynamodb:Query dynamodb:GetItem dynamodb:PutItem dynamodb:UpdateItem dynamodb:DeleteItem "
        "dynamodb:DescribeTable",
        MESSAGES: "dynamodb:DescribeTable",
        CONNECTIONS: "dynamodb:DescribeTable",
        "*": "cloudwatch:DescribeAlarms cloudwatch:DescribeAlarmHistory cloudwatch:GetMetricData "
        "cloudwatch:ListMetrics cloudwatch:ListDashboards lambda:GetAccountSettings",
        DASHBOARDS: "cloudwatch:GetDashboard",
        STAGE_STACKS: "cloudformation:DescribeStacks cloudformation:ListStackResources",
        STAGE_QUEUES: "sqs:GetQueueAttributes",
        STAGE_FUNCTIONS: "lambda:GetFunctionConcurrency",
        DISTRIBUTIONS: "cloudfront:GetDistribution",
        **dict.fromkeys(QUOTAS_AHEAD, "servicequotas:GetServiceQuota"),
        SECRET: "secretsmanager:GetSecretValue",
    },
    "ops.dead_letters": {
        ROOMS: "dynamodb:Query dynamodb:PutItem dynamodb:UpdateItem dynamodb:DeleteItem",
        DEAD_LETTERS: "ssm:GetParametersByPath",
        STAGE_QUEUES: "sqs:GetQueueAttributes sqs:ReceiveMessage sqs:DeleteMessage sqs:ChangeMessageVisibility "
        "sqs:SendMessage",
        f"{STAGE_FUNCTIONS}:live": "lambda:InvokeFunction",
        "{media/MediaPipeline/Machine}": "states:StartExecution",
        STAGE_STREAMS: "dynamodb:GetRecords dynamodb:GetShardIterator",
        "*": "cloudwatch:GetMetricData lambda:ListEventSourceMappings",
        DISCARDED: "s3:PutObject",
        SECRET: "secretsmanager:GetSecretValue",
    },
    "ops.oversight": {
        ROOMS: f"{STORE} dynamodb:BatchGetItem dynamodb:DeleteItem dynamodb:ConditionCheckItem",
        CONNECTIONS: f"{STORE} dynamodb:BatchGetItem dynamodb:DeleteItem dynamodb:ConditionCheckItem",
        MESSAGES: f"{STORE} dynamodb:BatchGetItem dynamodb:DeleteItem",
        SOCKETS: "execute-api:ManageConnections",
        DELIVERY: "sqs:SendMessage",
        NOTICES: "sqs:SendMessage",
        SECRET: "secretsmanager:GetSecretValue",
    },
    "ops.scaling": {
        ROOMS: f"{STORE} dynamodb:DeleteItem",
        **{f"{{service/{name}}}": "lambda:PutFunctionConcurrency lambda:DeleteFunctionConcurrency" for name in SCALED},
        **{
            f"{{service/{name}}}:live": "lambda:PutProvisionedConcurrencyConfig "
            "lambda:DeleteProvisionedConcurrencyConfig"
            for name in SCALED
        },
        **dict.fromkeys(POLLED, "lambda:UpdateEventSourceMapping"),
        SECRET: "secretsmanager:GetSecretValue",
    },
    "ops.config": {CONNECTIONS: "dynamodb:GetItem"},
    "ops.edge_logs": {
        ROOMS: "dynamodb:Query dynamodb:PutItem",
        f"{EDGE_LOGS}/distribution/*": "s3:GetObject",
        EDGE_LOGS: "s3:ListBucket",
        DISTRIBUTION_ID: "ssm:GetParameter",
    },
    "ops.collect_media": {
        ROOMS: "dynamodb:BatchGetItem dynamodb:GetItem dynamodb:PutItem dynamodb:UpdateItem dynamodb:DeleteItem",
        MESSAGES: "dynamodb:GetItem dynamodb:Query",
        "{data/Media/Bucket}": "s3:ListBucket s3:ListBucketMultipartUploads",
        UPLOADS: "s3:DeleteObject s3:AbortMultipartUpload",
        VARIANTS: "s3:DeleteObject",
        DISTRIBUTION_ID: "ssm:GetParameter",
        DISTRIBUTIONS: "cloudfront:CreateInvalidation",
    },
    "ops.measurements": {},
    "ops.capacity": {
        ROOMS: "dynamodb:Query dynamodb:PutItem",
        MESSAGES: "dynamodb:DescribeTable dynamodb:UpdateTable",
        CONNECTIONS: "dynamodb:DescribeTable dynamodb:UpdateTable",
        POLLER_PLAN: "ssm:GetParameter",
        **dict.fromkeys(POLLED, "lambda:GetEventSourceMapping lambda:UpdateEventSourceMapping"),
        **dict.fromkeys(RAISING, "cloudwatch:DescribeAlarms"),
    },
    "ops.quota_forecast": {
        "*": "cloudwatch:GetMetricData",
        **dict.fromkeys(QUOTAS_AHEAD, "servicequotas:GetServiceQuota"),
    },
}

ALLOWED_PATTERNS = {
    UPLOADS: "uploads are named by random ids",
    VARIANTS: "images are named by random ids",
    EXPORTS: "archives are named by random ids",
    f"{EDGE_LOGS}/distribution/*": "CloudFront names its logs by the hour and at random",
    LEDGER: "entries are named by what was erased",
    SOCKETS: "connections have no ids before they are opened",
    STAGE_STACKS: "CloudFormation puts the name of a stage before all it makes",
    STAGE_QUEUES: "as its stacks",
    STAGE_FUNCTIONS: "as its stacks",
    f"{STAGE_FUNCTIONS}:live": "as its stacks",
    STAGE_STREAMS: "as its stacks",
    DASHBOARDS: "dashboards are deployed after the function that reads them",
    DISCARDED: "letters are named by when they were given up",
    DISTRIBUTIONS: "the distribution is deployed after the function that asks it to forget",
    **{f"{{service/{name}}}:*": "versions are numbered when they are published" for name in REHEARSED},
}
NOT_IN_PROD = {"connect.sessions", "connect.wallet_nonces", "connect.wallet_sessions", "media.transcode"}
"""What prod's context in these tests does not ask for."""

CAPACITY = {"ops.capacity", "ops.quota_forecast"}
"""What only stages that keep capacity have."""

NOT_IN_LOCAL = {"ops.rehearsal", "media.video_job", *CAPACITY}
"""What else only stages that are rolled out have."""

NOT_IN_DEV = {"ops.cache", "ops.cache_invalidation", "media.transcode", *CAPACITY}
"""What else only stages with a cache have."""

SHARING = {"message.command", "ops.cache", "ops.cache_invalidation"}
"""Functions that have a part in it: those of them that are elsewhere, too, are told of its queue there."""

TRACING = {"xray:PutTraceSegments", "xray:PutTelemetryRecords"}
LOGGING = {"logs:CreateLogStream", "logs:PutLogEvents"}
NAMELESS = {action for name in ("ops.console", "ops.dead_letters") for action in PERMISSIONS[name]["*"].split()}
"""What operators read of the account."""

CONNECT = set(functions.CONNECT)
"""What Lambda does for functions in a network."""
COPIER = "edge/Custom::CDKBucketDeployment8693BB64968944B69AAFB0CC9EB8756C/ServiceRole"
"""CDK's own function, which copies the page's files at deployment."""


def permissions(assembly: Assembly, handler: str) -> dict[str, set[str]]:
    """What a function may do beside logging and tracing, by resource."""
    found: dict[str, set[str]] = {}
    for statement in assembly.statements(assembly.role_of(assembly.functions()[handler])):
        if statement.actions == CONNECT:
            continue  # tests/infrastructure/test_cache.py
        assert statement.effect == "Allow"
        if statement.actions == LOGGING:
            continue
        for resource in statement.resources:
            # What has no resource to name is one statement, whoever asked for it.
            actions = statement.actions - TRACING if resource == "*" else statement.actions
            if not actions:
                continue
            plain = resource.replace(f"/{assembly.stage}*/POST/", "/STAGE*/POST/")
            plain = plain.replace(f"/chat/{assembly.stage}/", "/chat/STAGE/")
            plain = plain.replace(f"chat-{assembly.stage}-*", "chat-STAGE-*")
            plain = re.sub(r"(?<=/SqsEventSource):\w+", "", plain)  # and its queue's id
            plain = plain.replace(f":alarm:chat-{assembly.stage}-", ":alarm:chat-STAGE-")
            found.setdefault(plain, set()).update(actions)
    return found


def expected_of(assembly: Assembly, handler: str) -> dict[str, set[str]]:
    """The table's line; where there is a cache, who has a part in it may ask for rooms to be warmed, or how it is."""
    expected = {resource: set(actions.split()) for resource, actions in PERMISSIONS[handler].items()}
    if assembly.stage != "dev" and handler in SHARING:
        expected.setdefault(CACHE, set()).add("sqs:SendMessage")
    if assembly.stage != "dev" and handler == "ops.health":
        expected["{service/CacheUpkeep/Live}"] = {"lambda:InvokeFunction"}
    if assembly.stage == "prod" and handler == "ops.scaling":
        for queue in POLLED:  # they have pollers of their own there
            expected[queue].add("lambda:GetEventSourceMapping")
    return expected


@pytest.mark.parametrize("handler", PERMISSIONS)
def test_a_function_may_do_what_it_needs_and_nothing_else(local: Assembly, dev: Assembly, handler: str) -> None:
    for assembly in (local, dev):
        if handler in assembly.functions():
            assert permissions(assembly, handler) == expected_of(assembly, handler)


def test_every_deployed_function_stands_in_the_table_of_permissions(stage: Assembly) -> None:
    absent = {"prod": NOT_IN_PROD, "dev": NOT_IN_DEV, "local": NOT_IN_LOCAL}[stage.stage]
    assert set(stage.functions()) == set(PERMISSIONS) - absent


def test_with_openid_connect_permissions_are_the_same_without_the_secret(prod: Assembly) -> None:
    for handler in prod.functions():
        expected = expected_of(prod, handler)
        expected.pop(SECRET, None)
        assert permissions(prod, handler) == expected


def test_no_two_functions_share_a_role(stage: Assembly) -> None:
    roles = [stage.role_of(function).key for function in stage.functions().values()]
    assert len(set(roles)) == len(roles)


def test_a_function_writes_to_its_own_log_group_only(stage: Assembly) -> None:
    for function in stage.functions().values():
        group = stage.behind(function.stack, function["LoggingConfig"]["LogGroup"])
        assert group
        logging = [found for found in stage.statements(stage.role_of(function)) if found.actions & LOGGING]
        assert [found.resources for found in logging] == [{"{" + stage.label(group) + "}"}]


def test_nothing_may_scan_a_table(stage: Assembly) -> None:
    for role in stage.of_type("IAM::Role"):
        for statement in stage.statements(role):
            forbidden = [
                action for action in statement.actions if re.fullmatch(r"dynamodb:(Scan|\*|PartiQL.*)", action)
            ]
            assert not forbidden, stage.label(role)


def test_no_action_of_ours_holds_a_wildcard(stage: Assembly) -> None:
    for role in stage.of_type("IAM::Role"):
        if stage.label(role) == COPIER:
            continue
        for statement in stage.statements(role):
            assert not [action for action in statement.actions if "*" in action], stage.label(role)


def test_every_wildcard_in_a_resource_is_one_that_is_known(stage: Assembly) -> None:
    stage_name = stage.stage
    for role in stage.of_type("IAM::Role"):
        if stage.label(role) == COPIER:
            continue
        for statement in stage.statements(role):
            patterns = {
                text.replace(f"/{stage_name}*/POST/", "/STAGE*/POST/").replace(f"chat-{stage_name}-*", "chat-STAGE-*")
                for text in statement.resources
                if "*" in text
            }
            if patterns == {"*"}:
                # X-Ray, logs' delivery, jobs and interfaces to be made have no resources that a policy could name.
                nameless = r"xray:Put|xray:Get|logs:|mediaconvert:(Create|Get|Cancel)Job$"
                allowed = all(action in NAMELESS or re.match(nameless, action) for action in statement.actions)
                assert allowed or statement.actions == CONNECT
            else:
                assert patterns <= ALLOWED_PATTERNS.keys(), stage.label(role)


@pytest.mark.parametrize(
    ("handler", "items"),
    [
        ("connect.authorize", "ticket#*"),
        ("connect.tickets", "ticket#*"),
        ("connect.wallet_nonces", "nonce#*"),
        ("connect.wallet_sessions", "nonce#*"),
    ],
)
def test_functions_at_the_door_reach_their_own_items_and_no_other(dev: Assembly, handler: str, items: str) -> None:
    granted = [
        found for found in dev.statements(dev.role_of(dev.functions()[handler])) if CONNECTIONS in found.resources
    ]
    own = [found for found in granted if found.actions != {"dynamodb:GetItem"}]
    assert [f'"dynamodb:LeadingKeys": ["{items}"]' in found.conditions for found in own] == [True]
    # Whoever says where sockets open looks at nothing but that.
    looking = [found for found in granted if found not in own]
    assert all(f'"dynamodb:LeadingKeys": ["{keys.COLOUR[0]}"]' in found.conditions for found in looking)
    assert keys.ticket("any")[0].startswith("ticket#")
    assert keys.nonce("any")[0].startswith("nonce#")


def test_the_keeper_of_the_search_index_reaches_no_message(dev: Assembly) -> None:
    granted = [
        found for found in dev.statements(dev.role_of(dev.functions()["message.index"])) if MESSAGES in found.resources
    ]
    reading, writing = sorted(granted, key=lambda found: len(found.actions))
    assert reading.actions == {"dynamodb:BatchGetItem"}
    assert reading.conditions == "{}"
    assert '"dynamodb:LeadingKeys": ["w#*"]' in writing.conditions
    assert keys.term_rows("any", "word").startswith("w#")


@pytest.mark.parametrize(
    ("handler", "table", "items"),
    [
        ("message.index", ROOMS, '["account#*", "traces#*"]'),
        ("ops.account", ROOMS, '["account#*", "traces#*"]'),
        ("media.access", ROOMS, '["room#*"]'),
        ("ops.edge_logs", ROOMS, '["edgelogs#*"]'),
        ("media.purge", MESSAGES, '["x#*"]'),
        ("message.webhooks", ROOMS, '["webhooks"]'),
        ("message.webhook_deliveries", ROOMS, '["webhooks"]'),
    ],
)
def test_functions_beside_the_way_reach_their_own_items_and_no_other(
    dev: Assembly, handler: str, table: str, items: str
) -> None:
    (statement,) = [
        found for found in dev.statements(dev.role_of(dev.functions()[handler])) if table in found.resources
    ]
    assert f'"dynamodb:LeadingKeys": {items}' in statement.conditions
    for key in (keys.account_job("any", "export"), keys.upload("any")):
        assert key[0].startswith(("account#", "media#"))
    assert keys.traces("any").startswith("traces#")
    assert keys.webhook("any")[0] == "webhooks"


def test_who_purges_reaches_records_of_uploads_and_the_budget_of_purges_each_in_its_own_way(dev: Assembly) -> None:
    granted = {
        frozenset(found.actions): found.conditions
        for found in dev.statements(dev.role_of(dev.functions()["media.purge"]))
        if ROOMS in found.resources
    }
    assert '"dynamodb:LeadingKeys": ["media#*"]' in granted[frozenset({"dynamodb:DeleteItem"})]
    assert '"dynamodb:LeadingKeys": ["purges"]' in granted[frozenset({"dynamodb:UpdateItem"})]
    assert keys.purges_of_day(1)[0] == "purges"


def test_who_registers_devices_writes_nothing_of_a_room_but_what_a_member_wants_to_hear(dev: Assembly) -> None:
    granted = {
        frozenset(found.actions): found.conditions
        for found in dev.statements(dev.role_of(dev.functions()["connect.push_subscriptions"]))
        if ROOMS in found.resources
    }
    (updating,) = [actions for actions in granted if "dynamodb:UpdateItem" in actions]
    assert updating == {"dynamodb:GetItem", "dynamodb:UpdateItem"}
    assert '"dynamodb:LeadingKeys": ["room#*"]' in granted[updating]
    (others,) = [actions for actions in granted if actions != updating]
    assert '"dynamodb:LeadingKeys": ["push#*", "device#*"]' in granted[others]


def test_who_tells_users_changes_nothing_but_devices_and_turns(dev: Assembly) -> None:
    writing = [
        found
        for found in dev.statements(dev.role_of(dev.functions()["message.push"]))
        if ROOMS in found.resources and "dynamodb:UpdateItem" in found.actions
    ]
    assert [found.actions for found in writing] == [{"dynamodb:UpdateItem", "dynamodb:DeleteItem"}]
    assert '"dynamodb:LeadingKeys": ["push#*", "device#*"]' in writing[0].conditions
    for key in (keys.push_device("ada", "d"), keys.push_turn("ada", "lunch"), keys.push_owner("d")):
        assert key[0].startswith(("push#", "device#"))


def test_only_archives_may_be_listed_by_who_makes_them(dev: Assembly) -> None:
    (statement,) = [
        found
        for found in dev.statements(dev.role_of(dev.functions()["ops.account_jobs"]))
        if "s3:ListBucket" in found.actions
    ]
    assert '"s3:prefix": ["exports/*"]' in statement.conditions


def test_functions_are_invoked_by_named_sources_only(stage: Assembly) -> None:
    for permission in stage.of_type("Lambda::Permission"):
        function = stage.text(permission.stack, permission["FunctionName"])
        if permission["Principal"] == "lambda.alarms.cloudwatch.amazonaws.com":
            continue  # tests/infrastructure/test_signals.py
        schedules = any(
            name in function for name in ("Canary", "Capacity", "CollectMedia", "EdgeLogs", "QuotaForecast")
        )
        assert permission["Principal"] == ("events" if schedules else "apigateway") + ".amazonaws.com"
        place = "{operations/" if schedules else "{service/"
        assert place in stage.text(permission.stack, permission["SourceArn"])


def test_queues_and_topics_refuse_plain_http(stage: Assembly) -> None:
    guarded: set[str] = set()
    for policy in stage.of_type("SQS::QueuePolicy", "SNS::TopicPolicy"):
        for body in policy["PolicyDocument"]["Statement"]:
            statement = stage.statement(policy.stack, body)
            if statement.effect == "Deny" and '"aws:SecureTransport": "false"' in statement.conditions:
                guarded |= statement.resources
    expected = {"{" + stage.label(found) + "}" for found in stage.of_type("SQS::Queue", "SNS::Topic")}
    assert guarded == expected


def test_no_policy_lets_everybody_in(stage: Assembly) -> None:
    for value in walk(list(stage.templates.values())):
        if isinstance(value, dict) and value.get("Effect") == "Allow":
            assert value.get("Principal") not in ("*", {"AWS": "*"})
