"""SNS mobile push over HTTP against a stand-in for SNS: what telephones are sent, and what becomes of their names."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs

import pytest

from chat.aws.client import AwsClient
from chat.aws.credentials import Credentials
from chat.aws.mobile import SnsMobile
from chat.errors import InvalidFieldError, UnavailableError
from chat.mobile import Alert, Told
from tests.unit.outside import Receiver, receiving

APPLE = "arn:aws:sns:eu-west-1:123456789012:app/APNS_SANDBOX/chat"
GOOGLE = "arn:aws:sns:eu-west-1:123456789012:app/GCM/chat"
PHONE = "arn:aws:sns:eu-west-1:123456789012:endpoint/APNS_SANDBOX/chat/1"
ANDROID = "arn:aws:sns:eu-west-1:123456789012:endpoint/GCM/chat/2"
ALERT = Alert(room="lunch", title="Lunch", author="Ada", text="Soup?", seq=7, unread=2, urgent=True)


@pytest.fixture
def sns() -> Iterator[Receiver]:
    with receiving() as server:
        server.answer = f"<R><EndpointArn>{PHONE}</EndpointArn></R>".encode()
        yield server


@pytest.fixture
def mobile(sns: Receiver) -> SnsMobile:
    client = AwsClient("eu-west-1", Credentials("a", "b"), endpoint_url=sns.url.removesuffix("/events"))
    return SnsMobile(client, {"apns": APPLE, "fcm": GOOGLE})


def forms(sns: Receiver) -> list[dict[str, str]]:
    return [{name: value for name, (value,) in parse_qs(each.body.decode()).items()} for each in sns.received]


def attributes(form: dict[str, str]) -> dict[str, str]:
    names = [name for name in form if name.startswith("MessageAttributes") and name.endswith(".Name")]
    return {form[name]: form[name.replace(".Name", ".Value.StringValue")] for name in names}


def test_a_telephone_gets_a_name_and_is_taken_up_again(mobile: SnsMobile, sns: Receiver) -> None:
    assert mobile.platforms == ["apns", "fcm"]
    assert mobile.enroll("apns", "token") == PHONE
    made, enabled = forms(sns)
    assert (made["Action"], made["PlatformApplicationArn"], made["Token"]) == ("CreatePlatformEndpoint", APPLE, "token")
    assert (enabled["Action"], enabled["EndpointArn"]) == ("SetEndpointAttributes", PHONE)
    assert enabled["Attributes.entry.2.key"] == "Enabled"


@pytest.mark.parametrize(("status", "error"), [(400, InvalidFieldError), (503, UnavailableError)])
def test_a_token_that_is_none_is_told_apart_from_a_service_that_is_down(
    mobile: SnsMobile, sns: Receiver, status: int, error: type[Exception]
) -> None:
    sns.status, sns.answer = status, b"<Code>InvalidParameter</Code>"
    with pytest.raises(error):
        mobile.enroll("apns", "token")


def test_apples_telephones_are_sent_what_takes_the_place_of_the_last(mobile: SnsMobile, sns: Receiver) -> None:
    assert mobile.tell(PHONE, ALERT, "topic") is Told.TAKEN
    (form,) = forms(sns)
    message: dict[str, Any] = json.loads(form["Message"])
    assert (form["TargetArn"], form["MessageStructure"], message["default"]) == (PHONE, "json", "Ada: Soup?")
    assert json.loads(message["APNS_SANDBOX"]) == {
        "aps": {"alert": {"title": "Lunch", "body": "Ada: Soup?"}, "thread-id": "lunch"},
        "room": "lunch",
        "seq": 7,
    }
    assert attributes(form)["AWS.SNS.MOBILE.APNS.COLLAPSE_ID"] == "topic"
    assert attributes(form)["AWS.SNS.MOBILE.APNS.PRIORITY"] == "10"


def test_androids_are_sent_what_takes_the_place_of_the_last(mobile: SnsMobile, sns: Receiver) -> None:
    assert mobile.tell(ANDROID, ALERT, "topic") is Told.TAKEN
    message = json.loads(json.loads(forms(sns)[0]["Message"])["GCM"])["fcmV1Message"]["message"]
    assert message["android"]["collapse_key"] == "topic"
    assert message["data"] == {"room": "lunch", "seq": "7"}


@pytest.mark.parametrize(
    ("status", "answer", "told"),
    [
        (400, b"<Code>EndpointDisabled</Code>", Told.GONE),
        (404, b"<Code>NotFound</Code>", Told.GONE),
        (400, b"<Code>InvalidParameter</Code>", Told.REFUSED),
        (500, b"", Told.FAILED),
    ],
)
def test_what_becomes_of_a_message(mobile: SnsMobile, sns: Receiver, status: int, answer: bytes, told: Told) -> None:
    sns.status, sns.answer = status, answer
    assert mobile.tell(PHONE, ALERT, "topic") is told


def test_a_telephone_is_forgotten(mobile: SnsMobile, sns: Receiver) -> None:
    mobile.forget(PHONE)
    assert forms(sns)[0]["Action"] == "DeleteEndpoint"
    sns.status = 500
    with pytest.raises(UnavailableError):
        mobile.forget(PHONE)
