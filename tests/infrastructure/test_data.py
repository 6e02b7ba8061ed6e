"""What must survive does, and nobody reads it on its way or at rest."""

from __future__ import annotations

import pytest

from tests.infrastructure.assembly import Assembly

TABLES = {"RoomsTableName": ("S", "S"), "MessagesTableName": ("S", "N"), "ConnectionsTableName": ("S", "S")}


@pytest.mark.parametrize(("output", "types"), TABLES.items())
def test_a_table_has_the_keys_of_the_domain(stage: Assembly, output: str, types: tuple[str, str]) -> None:
    table = stage.named_output(output)
    schema = {key["KeyType"]: key["AttributeName"] for key in table["KeySchema"]}
    assert schema == {"HASH": "pk", "RANGE": "sk"}
    attributes = {found["AttributeName"]: found["AttributeType"] for found in table["AttributeDefinitions"]}
    assert (attributes["pk"], attributes["sk"]) == types


def test_nobody_may_change_or_remove_what_operators_did(stage: Assembly) -> None:
    table = stage.named_output("RoomsTableName")
    (replica,) = table["Replicas"]
    (body,) = replica["ResourcePolicy"]["PolicyDocument"]["Statement"]
    assert (body["Effect"], body["Principal"], body["Resource"]) == ("Deny", {"AWS": "*"}, "*")
    assert {"dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:BatchWriteItem"} <= set(body["Action"])
    assert body["Condition"] == {"ForAnyValue:StringLike": {"dynamodb:LeadingKeys": ["audit#*"]}}


@pytest.mark.parametrize("output", TABLES)
def test_items_expire_by_an_enabled_ttl(stage: Assembly, output: str) -> None:
    table = stage.named_output(output)
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expires_at_s", "Enabled": True}


@pytest.mark.parametrize("output", TABLES)
def test_a_table_is_paid_by_request_and_encrypted_with_a_key_of_kms(stage: Assembly, output: str) -> None:
    table = stage.named_output(output)
    assert table["BillingMode"] == "PAY_PER_REQUEST"
    assert table["SSESpecification"] == {"SSEEnabled": True, "SSEType": "KMS"}


def replica(assembly: Assembly, output: str) -> dict[str, object]:
    """The settings of a table's only replica."""
    (only,) = assembly.named_output(output)["Replicas"]
    return dict(only)


@pytest.mark.parametrize("output", ["RoomsTableName", "MessagesTableName"])
def test_rooms_and_messages_can_be_restored_to_any_second(stage: Assembly, output: str) -> None:
    assert replica(stage, output)["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}


@pytest.mark.parametrize("output", ["RoomsTableName", "MessagesTableName"])
def test_in_prod_rooms_and_messages_outlive_every_mistake(prod: Assembly, output: str) -> None:
    table = prod.named_output(output)
    assert replica(prod, output)["DeletionProtectionEnabled"] is True
    assert (table.body["DeletionPolicy"], table.body["UpdateReplacePolicy"]) == ("Retain", "Retain")


def test_in_dev_nothing_outlives_its_stack(dev: Assembly) -> None:
    for table in dev.of_type("DynamoDB::GlobalTable"):
        assert table.body["DeletionPolicy"] == "Delete"


def test_messages_and_rooms_have_a_stream_and_sockets_have_none(stage: Assembly) -> None:
    streams = {
        table.key: table.properties.get("StreamSpecification") for table in stage.of_type("DynamoDB::GlobalTable")
    }
    messages = stage.named_output("MessagesTableName").key
    rooms = stage.named_output("RoomsTableName").key
    assert streams.pop(messages) == {"StreamViewType": "NEW_IMAGE"}
    assert streams.pop(rooms) == {"StreamViewType": "NEW_AND_OLD_IMAGES"}
    assert set(streams.values()) == {None}


def test_buckets_are_private_and_encrypted(stage: Assembly) -> None:
    for bucket in stage.of_type("S3::Bucket"):
        assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
        (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"


def test_every_bucket_refuses_plain_http(stage: Assembly) -> None:
    refusing = set()
    for policy in stage.of_type("S3::BucketPolicy"):
        bucket = stage.behind(policy.stack, policy["Bucket"])
        assert bucket
        for body in policy["PolicyDocument"]["Statement"]:
            statement = stage.statement(policy.stack, body)
            if statement.effect == "Deny" and '"aws:SecureTransport": "false"' in statement.conditions:
                label = "{" + stage.label(bucket) + "}"
                assert statement.resources == {label, f"{label}/*"}
                refusing.add(bucket.key)
    assert refusing == {bucket.key for bucket in stage.of_type("S3::Bucket")}


def test_a_bucket_has_one_policy(stage: Assembly) -> None:
    buckets = [stage.behind(policy.stack, policy["Bucket"]) for policy in stage.of_type("S3::BucketPolicy")]
    assert len(buckets) == len(set(buckets))


def test_an_upload_that_came_to_nothing_is_gone_after_a_day(stage: Assembly) -> None:
    assert expiring(stage)["uploads/"] == 1


def test_parts_that_were_never_joined_are_gone_after_a_day(stage: Assembly) -> None:
    (rule,) = [
        each
        for each in stage.named_output("MediaBucketName")["LifecycleConfiguration"]["Rules"]
        if each["Prefix"] == "uploads/"
    ]
    assert rule["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 1}


def test_archives_of_users_data_are_gone_after_a_week_and_images_never_by_themselves(stage: Assembly) -> None:
    assert expiring(stage).keys() == {"uploads/", "exports/"}
    assert expiring(stage)["exports/"] == 7


def expiring(stage: Assembly) -> dict[str, int]:
    rules = stage.named_output("MediaBucketName")["LifecycleConfiguration"]["Rules"]
    assert all(rule["Status"] == "Enabled" for rule in rules)
    return {rule["Prefix"]: rule["ExpirationInDays"] for rule in rules}


def test_an_upload_raises_an_event(stage: Assembly) -> None:
    notifications = stage.named_output("MediaBucketName")["NotificationConfiguration"]
    assert notifications == {"EventBridgeConfiguration": {"EventBridgeEnabled": True}}


def test_browsers_may_upload_and_nothing_else(stage: Assembly) -> None:
    (rule,) = stage.named_output("MediaBucketName")["CorsConfiguration"]["CorsRules"]
    assert rule["AllowedMethods"] == ["POST", "PUT"]


def test_on_aws_no_page_but_the_sites_may_upload(dev: Assembly, prod: Assembly) -> None:
    for assembly in (dev, prod):
        (rule,) = assembly.named_output("MediaBucketName")["CorsConfiguration"]["CorsRules"]
        assert rule["AllowedOrigins"] == ["https://*.cloudfront.net"]


def test_the_session_secret_is_made_where_it_is_used_and_only_there(
    local: Assembly, dev: Assembly, prod: Assembly
) -> None:
    for assembly, count in ((local, 1), (dev, 1), (prod, 0)):
        sessions = [secret for secret in secrets(assembly) if secret.endswith("SessionSecret")]
        assert len(sessions) == count
    for secret in dev.of_type("SecretsManager::Secret"):
        assert secret["GenerateSecretString"]["PasswordLength"] == 64


def secrets(assembly: Assembly) -> list[str]:
    return [assembly.label(secret) for secret in assembly.of_type("SecretsManager::Secret")]


def test_what_webhooks_and_push_messages_are_signed_with_outlives_every_mistake_in_prod(
    dev: Assembly, prod: Assembly
) -> None:
    for assembly, policy in ((dev, "Delete"), (prod, "Retain")):
        (secret,) = [
            found
            for found in assembly.of_type("SecretsManager::Secret")
            if assembly.label(found) == "data/OutboundSecret"
        ]
        assert (secret.body["DeletionPolicy"], secret.body["UpdateReplacePolicy"]) == (policy, policy)


def test_queues_are_encrypted(stage: Assembly) -> None:
    for queue in stage.of_type("SQS::Queue"):
        assert queue["SqsManagedSseEnabled"] is True


def test_the_topic_of_room_events_is_encrypted_and_the_one_of_alarms_holds_no_users_data(stage: Assembly) -> None:
    unencrypted = [
        stage.label(topic) for topic in stage.of_type("SNS::Topic") if "KmsMasterKeyId" not in topic.properties
    ]
    # CloudWatch can't publish to a topic under SNS's own key.
    assert unencrypted == ["service/Alarms/Topic"]
