"""Every asynchronous hop ends somewhere when it fails, and somebody is told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from chat.aws.models import TAKEN_MS
from loadtest import media_costs
from tests.infrastructure.assembly import DEV, Assembly, Resource, synthesize

OF_CAPACITY = ("operations/CapacityReviewDeadLetters/Queue", "operations/QuotasAheadDeadLetters/Queue")
"""What only stages that keep capacity have."""

OF_THE_CACHE = (
    "service/Cache/DeadLetters/Queue",
    "service/RoomEvents/CacheEvents/DeadLetters/Queue",
    "service/RoomEvents/CacheEventsUndelivered/Queue",
    "service/WarmingDeadLetters/Queue",
)
"""Places of what fails in stages that have one."""


def target_of_arn(assembly: Assembly, stack: str, value: Any) -> Resource:
    resource = assembly.behind(stack, value)
    assert resource, value
    return resource


def dead_letter_queues(assembly: Assembly) -> set[Resource]:
    """Every queue that takes another hop's failures."""
    found = set()
    for queue in assembly.of_type("SQS::Queue"):
        if "RedrivePolicy" in queue.properties:
            found.add(target_of_arn(assembly, queue.stack, queue["RedrivePolicy"]["deadLetterTargetArn"]))
    for subscription in assembly.of_type("SNS::Subscription"):
        redrive = subscription.properties.get("RedrivePolicy")
        if redrive:
            found.add(target_of_arn(assembly, subscription.stack, redrive["deadLetterTargetArn"]))
    for rule in assembly.of_type("Events::Rule"):
        found |= {
            target_of_arn(assembly, rule.stack, target["DeadLetterConfig"]["Arn"])
            for target in rule["Targets"]
            if "DeadLetterConfig" in target
        }
    for mapping in assembly.of_type("Lambda::EventSourceMapping"):
        failures = mapping.properties.get("DestinationConfig", {}).get("OnFailure")
        if failures:
            found.add(target_of_arn(assembly, mapping.stack, failures["Destination"]))
    return found


def alarmed(assembly: Assembly) -> set[tuple[str, str]]:
    """Queues with an alarm on their first message that goes to the alarm topic."""
    found = set()
    for alarm in assembly.of_type("CloudWatch::Alarm"):
        if alarm.properties.get("MetricName") != "ApproximateNumberOfMessagesVisible":
            continue
        assert (alarm["Threshold"], alarm["ComparisonOperator"]) == (1, "GreaterThanOrEqualToThreshold")
        (dimension,) = alarm["Dimensions"]
        queue = assembly.behind(alarm.stack, dimension["Value"])
        assert queue
        found.add(queue.key)
    return found


def test_each_subscription_each_rule_and_each_source_has_a_place_for_what_fails(stage: Assembly) -> None:
    for subscription in stage.of_type("SNS::Subscription"):
        assert "RedrivePolicy" in subscription.properties
    for rule in stage.of_type("Events::Rule"):
        assert all("DeadLetterConfig" in target for target in rule["Targets"])
    for mapping in stage.of_type("Lambda::EventSourceMapping"):
        source = target_of_arn(stage, mapping.stack, mapping["EventSourceArn"])
        if source.type == "AWS::SQS::Queue":
            assert "RedrivePolicy" in source.properties
        else:
            assert mapping["DestinationConfig"]["OnFailure"]["Destination"]


def test_every_queue_either_has_dead_letters_or_holds_them(stage: Assembly) -> None:
    holding = {queue.key for queue in dead_letter_queues(stage)}
    for queue in stage.of_type("SQS::Queue"):
        assert ("RedrivePolicy" in queue.properties) != (queue.key in holding), stage.label(queue)


def test_the_known_hops_are_all_there(stage: Assembly) -> None:
    assert {stage.label(queue) for queue in dead_letter_queues(stage)} == {
        "service/Delivery/DeadLetters/Queue",
        "service/Notices/DeadLetters/Queue",
        "service/RoomEvents/OutboxDeadLetters/Queue",
        "service/RoomEvents/MembershipDeadLetters/Queue",
        "service/RoomEvents/ActivityUndelivered/Queue",
        "service/RoomEvents/Activity/DeadLetters/Queue",
        "service/RoomEvents/IndexUndelivered/Queue",
        "service/RoomEvents/Index/DeadLetters/Queue",
        "service/RoomEvents/PurgeUndelivered/Queue",
        "service/RoomEvents/Purge/DeadLetters/Queue",
        "service/RoomEvents/WebhooksUndelivered/Queue",
        "service/RoomEvents/Webhooks/DeadLetters/Queue",
        "service/ToWebhooks/DeadLetters/Queue",
        "service/RoomEvents/PushUndelivered/Queue",
        "service/RoomEvents/Push/DeadLetters/Queue",
        "service/PushLater/DeadLetters/Queue",
        "service/Jobs/DeadLetters/Queue",
        "media/MediaPipeline/UploadedDeadLetters/Queue",
        "operations/CanaryDeadLetters/Queue",
        "operations/EdgeLogsDeadLetters/Queue",
        "operations/CollectMediaDeadLetters/Queue",
        *(OF_CAPACITY if stage.stage == "prod" else ()),
        *(OF_THE_CACHE if stage.stage != "dev" else ()),
    }


def test_wherever_dead_letters_are_there_is_an_alarm(stage: Assembly) -> None:
    assert alarmed(stage) == {queue.key for queue in dead_letter_queues(stage)}


def test_every_alarm_goes_to_the_alarm_topic_which_lets_it_in(stage: Assembly) -> None:
    (topic,) = [found for found in stage.of_type("SNS::Topic") if "Alarms" in stage.label(found)]
    # What is in a group tells the group, and the group tells the topic.
    made_here = [
        alarm for alarm in stage.of_type("CloudWatch::Alarm") if alarm.stack in {"service", "media", "operations"}
    ]
    for alarm in (*made_here, *stage.of_type("CloudWatch::CompositeAlarm")):
        assert [stage.behind(alarm.stack, action) for action in alarm["AlarmActions"]] == [topic]
    (policy,) = [
        found
        for found in stage.of_type("SNS::TopicPolicy")
        if [stage.behind(found.stack, name) for name in found["Topics"]] == [topic]
    ]
    publishers = [
        statement["Principal"]["Service"]
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Allow" and statement["Action"] == "sns:Publish"
    ]
    assert publishers == ["cloudwatch.amazonaws.com"]


def test_dead_letters_wait_two_weeks(stage: Assembly) -> None:
    for queue in dead_letter_queues(stage):
        assert queue["MessageRetentionPeriod"] == 14 * 24 * 3600


def test_a_message_is_not_handed_out_again_while_its_function_runs(stage: Assembly) -> None:
    for mapping in stage.of_type("Lambda::EventSourceMapping"):
        source = target_of_arn(stage, mapping.stack, mapping["EventSourceArn"])
        if source.type == "AWS::SQS::Queue":
            function = stage.called(mapping.stack, mapping["FunctionName"])
            assert source["VisibilityTimeout"] >= 6 * function["Timeout"]


def test_one_bad_record_does_not_fail_its_whole_batch(stage: Assembly) -> None:
    for mapping in stage.of_type("Lambda::EventSourceMapping"):
        assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_the_outbox_takes_messages_changes_and_memberships_only_and_splits_a_batch_that_fails(stage: Assembly) -> None:
    outbox = stage.functions()["message.outbox"]
    mappings = {
        target_of_arn(stage, found.stack, found["EventSourceArn"]): found
        for found in stage.of_type("Lambda::EventSourceMapping")
        if stage.called(found.stack, found["FunctionName"]) == outbox
    }
    patterns = {
        source: [json.loads(criterion["Pattern"]) for criterion in mapping["FilterCriteria"]["Filters"]]
        for source, mapping in mappings.items()
    }
    assert patterns == {
        stage.named_output("MessagesTableName"): [
            {"eventName": ["INSERT"], "dynamodb": {"Keys": {"pk": {"S": [{"prefix": prefix}]}}}}
            for prefix in ("m#", "e#")
        ],
        stage.named_output("RoomsTableName"): [
            {"dynamodb": {"Keys": {"pk": {"S": [{"prefix": "room#"}]}, "sk": {"S": [{"prefix": "member#"}]}}}}
        ],
    }
    for mapping in mappings.values():
        assert mapping["BisectBatchOnFunctionError"] is True
        assert mapping["MaximumRetryAttempts"] > 0


def test_whoever_hears_of_messages_gets_their_events_as_they_were_published(stage: Assembly) -> None:
    subscriptions = [found for found in stage.of_type("SNS::Subscription") if found["Protocol"] == "sqs"]
    heard = {
        stage.label(target_of_arn(stage, found.stack, found["Endpoint"])): found["FilterPolicy"]["event"]
        for found in subscriptions
    }
    if stage.stage != "dev":
        of_the_cache = heard.pop("service/RoomEvents/CacheEvents/Queue")
        assert of_the_cache == ["MessageChanged", "MessageDeleted", "MembershipChanged"]
    assert heard == {
        "service/RoomEvents/Activity/Queue": ["MessagePosted"],
        "service/RoomEvents/Index/Queue": ["MessagePosted", "MessageChanged", "MessageDeleted"],
        "service/RoomEvents/Purge/Queue": ["MessageDeleted"],
        "service/RoomEvents/Push/Queue": ["MessagePosted"],
        "service/RoomEvents/Webhooks/Queue": ["MessagePosted", "MessageChanged", "MessageDeleted", "MembershipChanged"],
    }
    assert all(subscription["RawMessageDelivery"] is True for subscription in subscriptions)


STEPS = ["Inspect", "Variants", "Sound", "Document", "Convert", "Video", "Announce"]
LONG = {"Sound", "Convert"}
"""What may take Lambda's quarter of an hour is tried once more, not three times."""

BY_KIND = {"image": "Variants", "audio": "Sound", "document": "Document"}


def machine_definition(assembly: Assembly) -> dict[str, Any]:
    (machine,) = assembly.of_type("StepFunctions::StateMachine")
    definition: dict[str, Any] = json.loads(assembly.text(machine.stack, machine["DefinitionString"]))
    return definition


def test_an_upload_is_inspected_made_into_what_its_kind_needs_and_announced(stage: Assembly) -> None:
    definition = machine_definition(stage)
    states = definition["States"]
    assert (definition["StartAt"], states["Inspect"]["Next"], states["Announce"]["End"]) == ("Inspect", "Kind", True)
    key = "$.detail.object.key"
    assert states["Inspect"]["Parameters"] == {"key.$": key, "execution.$": "$$.Execution.Name"}
    kinds = {choice["StringEquals"]: choice["Next"] for choice in states["Kind"]["Choices"]}
    assert kinds == {**BY_KIND, "video": "Convert" if stage.stage == "local" else "Plan"}
    assert {choice["Variable"] for choice in states["Kind"]["Choices"]} == {"$.inspected.kind"}
    for name in (*BY_KIND.values(), "Video"):
        assert states[name]["Parameters"] == {"key.$": key, "inspected.$": "$.inspected"}
        assert (states[name]["Next"], states[name]["ResultPath"]) == ("Announce", states["Announce"]["InputPath"])
    assert states["Convert"]["Next"] == "Video"


def test_on_aws_mediaconvert_does_what_a_function_said_and_its_end_is_waited_for(dev: Assembly) -> None:
    states = machine_definition(dev)["States"]
    assert (states["Plan"]["ResultPath"], states["Plan"]["Next"]) == ("$.job", "Convert")
    assert states["Convert"]["Resource"].endswith(":states:::mediaconvert:createJob.sync")
    assert states["Convert"]["TimeoutSeconds"] == 5400
    assert {found["ErrorEquals"][0]: found["MaxAttempts"] for found in states["Convert"]["Retry"]} == {
        "MediaConvert.TooManyRequestsException": 5,
        "MediaConvert.InternalServerErrorException": 2,
    }
    assert states["Convert"]["Parameters"] == {
        "Role": "{media/ConvertRole}",
        "ClientRequestToken.$": "$.inspected.upload",
        "Settings.$": "$.job.settings",
    }
    (role,) = [found for found in dev.of_type("IAM::Role") if dev.label(found) == "media/ConvertRole"]
    granted = {resource: found.actions for found in dev.statements(role) for resource in found.resources}
    bucket = "{data/Media/Bucket}"
    assert granted == {f"{bucket}/uploads/*": {"s3:GetObject"}, f"{bucket}/media/*": {"s3:PutObject"}}


def test_a_stage_may_convert_videos_itself(tmp_path: Path, site_files: Path) -> None:
    own = synthesize({**DEV, "video_transcoder": "ffmpeg"}, tmp_path, site_files)
    assert "media.transcode" in own.functions()
    assert "Plan" not in machine_definition(own)["States"]
    transcode = own.functions()["media.transcode"]
    assert (transcode["Timeout"], transcode["EphemeralStorage"]) == (900, {"Size": 2048})
    assert transcode["MemorySize"] == media_costs.TRANSCODE_GB * 1024


def test_uploads_are_priced_by_the_memory_that_their_functions_have(dev: Assembly) -> None:
    deployed = dev.functions()
    assert deployed["media.inspect"]["MemorySize"] == media_costs.INSPECT_GB * 1024
    makers = ("media.variants", "media.sound", "media.document", "media.video")
    assert {deployed[name]["MemorySize"] for name in makers} == {media_costs.MAKE_GB * 1024}


def test_a_step_that_fails_for_good_ends_in_a_rejection_that_is_given_all_that_is_known(stage: Assembly) -> None:
    states = machine_definition(stage)["States"]
    for name in STEPS:
        last = states[name]["Catch"][-1]
        assert last == {"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "Reject"}
    assert not {"Parameters", "InputPath"} & states["Reject"].keys()


def test_the_second_event_of_an_upload_ends_without_a_word(stage: Assembly) -> None:
    states = machine_definition(stage)["States"]
    first = states["Inspect"]["Catch"][0]
    assert first == {"ErrorEquals": ["TakenError"], "ResultPath": "$.error", "Next": "Repeated"}
    assert states["Repeated"] == {"Type": "Succeed"}


def test_what_is_wrong_with_an_upload_itself_is_not_tried_again(stage: Assembly) -> None:
    states = machine_definition(stage)["States"]
    for name in (name for name in [*STEPS, "Reject"] if "mediaconvert" not in states[name]["Resource"]):
        first, rest = states[name]["Retry"]
        assert first == {"ErrorEquals": ["MediaError", "TakenError"], "MaxAttempts": 0}, name
        assert rest["ErrorEquals"] == ["States.ALL"]
        assert rest["MaxAttempts"] == (1 if name in LONG else 3)


def longest_s(state: dict[str, Any]) -> float:
    """All tries of a state together, each as long as it may be, with the pauses in between."""
    pauses = [
        [retrier["IntervalSeconds"] * retrier["BackoffRate"] ** at for at in range(retrier["MaxAttempts"])]
        for retrier in state["Retry"]
        if retrier["MaxAttempts"]
    ]
    most = max(pauses, key=len)
    return float(state["TimeoutSeconds"] * (1 + len(most)) + sum(most))


def test_an_execution_is_not_cut_off_before_its_steps_have_given_up(stage: Assembly) -> None:
    """Where it is, no state catches anything, and nobody is told."""
    definition = machine_definition(stage)
    states = definition["States"]
    steps = ["Inspect", *(["Plan"] if "Plan" in states else ["Convert"]), "Video", "Announce", "Reject"]
    # What MediaConvert refuses it refuses at once: one of its job's tries lasts, after pauses of 155 s.
    job_s = states["Convert"]["TimeoutSeconds"] + 155 if "Plan" in states else 0
    assert sum(longest_s(states[name]) for name in steps) + job_s < definition["TimeoutSeconds"]
    assert definition["TimeoutSeconds"] * 1000 < TAKEN_MS


def test_the_state_machine_logs_and_an_execution_that_failed_raises_an_alarm(stage: Assembly) -> None:
    (machine,) = stage.of_type("StepFunctions::StateMachine")
    assert machine["LoggingConfiguration"]["Level"] == "ALL"
    assert machine["TracingConfiguration"] == {"Enabled": True}
    alarms = [alarm.properties.get("MetricName") for alarm in stage.of_type("CloudWatch::Alarm")]
    assert alarms.count("ExecutionsFailed") == 1


def test_only_uploads_start_the_state_machine(stage: Assembly) -> None:
    patterned = [found for found in stage.of_type("Events::Rule") if "EventPattern" in found.properties]
    (rule,) = [found for found in patterned if found["EventPattern"]["source"] == ["aws.s3"]]
    pattern = rule["EventPattern"]
    assert pattern["source"] == ["aws.s3"]
    assert pattern["detail-type"] == ["Object Created"]
    assert pattern["detail"]["object"] == {"key": [{"prefix": "uploads/"}]}
    (bucket,) = pattern["detail"]["bucket"]["name"]
    assert stage.behind(rule.stack, bucket) == stage.named_output("MediaBucketName")
