"""What must survive: tables, media, the key that signs sessions. Functions and APIs come and go without touching it."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from cdk.config import BuiltInIssuer, StageConfig
from cdk.constructs.media_bucket import MediaBucket
from cdk.constructs.permissions import acknowledge
from chat.storage import keys

TTL_ATTRIBUTE = "expires_at_s"


class DataStack(cdk.Stack):
    """Three tables, one bucket and, where the stage gives out sessions itself, the secret that signs them."""

    def __init__(self, scope: Construct, construct_id: str, *, config: StageConfig) -> None:
        super().__init__(
            scope,
            construct_id,
            stack_name=construct_id,
            description=f"Chat {config.name}: what must survive",
            termination_protection=config.keep_data,
        )
        self._config = config
        # What became of a membership is told by comparing the row before and after.
        self.rooms = self._table(
            "Rooms",
            sort_key=dynamodb.AttributeType.STRING,
            stream=dynamodb.StreamViewType.NEW_AND_OLD_IMAGES,
            policy=_audit_stays(),
        )
        self.messages = self._table(
            "Messages", sort_key=dynamodb.AttributeType.NUMBER, stream=dynamodb.StreamViewType.NEW_IMAGE
        )
        # Sockets don't outlive their deployment, so neither does what is known about them.
        self.connections = self._table("Connections", sort_key=dynamodb.AttributeType.STRING, lasting=False)
        self.media = MediaBucket(self, "Media", config=config)
        signs = isinstance(config.sign_in, BuiltInIssuer) or config.wallet is not None
        self.session_secret = self._session_secret() if signs else None
        self.outbound_secret = self._outbound_secret()

        cdk.CfnOutput(self, "RoomsTableName", value=self.rooms.table_name)
        cdk.CfnOutput(self, "MessagesTableName", value=self.messages.table_name)
        cdk.CfnOutput(self, "ConnectionsTableName", value=self.connections.table_name)
        cdk.CfnOutput(self, "MediaBucketName", value=self.media.bucket.bucket_name)

    def _table(
        self,
        construct_id: str,
        *,
        sort_key: dynamodb.AttributeType,
        stream: dynamodb.StreamViewType | None = None,
        lasting: bool = True,
        policy: iam.PolicyDocument | None = None,
    ) -> dynamodb.TableV2:
        keep = self._config.keep_data and lasting
        return dynamodb.TableV2(
            self,
            construct_id,
            partition_key=dynamodb.Attribute(name="pk", type=dynamodb.AttributeType.STRING),
            sort_key=dynamodb.Attribute(name="sk", type=sort_key),
            billing=dynamodb.Billing.on_demand(),
            encryption=dynamodb.TableEncryptionV2.aws_managed_key(),
            time_to_live_attribute=TTL_ATTRIBUTE,
            warm_throughput=self._warm(construct_id.lower()),
            dynamo_stream=stream,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=lasting
            ),
            deletion_protection=keep,
            removal_policy=cdk.RemovalPolicy.RETAIN if keep else cdk.RemovalPolicy.DESTROY,
            resource_policy=policy,
        )

    def _warm(self, table: str) -> dynamodb.WarmThroughput | None:
        """What the stage asks for beyond what every new table takes."""
        warm = self._config.capacity.warm(table) if self._config.capacity else None
        if warm is None or warm.as_new:
            return None
        return dynamodb.WarmThroughput(read_units_per_second=warm.reads, write_units_per_second=warm.writes)

    def _session_secret(self) -> secretsmanager.Secret:
        secret = secretsmanager.Secret(
            self,
            "SessionSecret",
            description="Signs the sessions that the stage gives out itself",
            # 64 letters and digits: 381 bits, more than the 256 that HMAC-SHA-256 can use.
            generate_secret_string=secretsmanager.SecretStringGenerator(password_length=64, exclude_punctuation=True),
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )
        acknowledge(
            secret, "SMG4", "A new key ends all sessions at once, so a person decides when: every session ends in 12 h."
        )
        return secret

    def _outbound_secret(self) -> secretsmanager.Secret:
        keep = self._config.keep_data
        secret = secretsmanager.Secret(
            self,
            "OutboundSecret",
            description="Signs what leaves the stage: each webhook's secret and the sender's key of push messages",
            generate_secret_string=secretsmanager.SecretStringGenerator(password_length=64, exclude_punctuation=True),
            removal_policy=cdk.RemovalPolicy.RETAIN if keep else cdk.RemovalPolicy.DESTROY,
        )
        acknowledge(
            secret, "SMG4", "Every receiver of webhooks would need its new secret at the same moment: each has its own."
        )
        return secret


def _audit_stays() -> iam.PolicyDocument:
    """What operators did is added and read, and nothing else: no role of this or another account may change it.

    Whoever may replace this policy can do away with it; CloudTrail has that, and the chain of hashes shows the rest. To
    put an item over another one can't be told from adding it here: the code never does, and the chain would break.
    """
    stays = iam.PolicyStatement(
        sid="AuditStays",
        effect=iam.Effect.DENY,
        principals=[iam.AnyPrincipal()],
        actions=[
            "dynamodb:UpdateItem",
            "dynamodb:DeleteItem",
            "dynamodb:BatchWriteItem",
            "dynamodb:PartiQLUpdate",
            "dynamodb:PartiQLDelete",
        ],
        resources=["*"],
        conditions={"ForAnyValue:StringLike": {"dynamodb:LeadingKeys": [f"{keys.AUDIT}*"]}},
    )
    return iam.PolicyDocument(statements=[stays])
