"""Credentials: where they come from, and that a call does not fail because they have ended."""

import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from chat.aws import credential_sources
from chat.aws.calls import Request
from chat.aws.client import AwsClient
from chat.aws.credentials import AHEAD_S, CredentialKeeper, Credentials, CredentialsError
from chat.settings import CredentialsEndpoint, Keys, Runtime, SettingsError
from tests.unit.aws_server import Answer, Hang, Reaction, Received, Server, serving

OLD, NEW = Credentials("OLD", "secret", "old token"), Credentials("NEW", "secret", "new token")

EXPIRED = [
    Answer(403, b'{"message":"The security token included in the request is expired"}'),  # @connections
    Answer(400, b'{"__type":"com.amazon.coral.service#ExpiredTokenException"}'),  # DynamoDB, SQS
    Answer(403, b"<ErrorResponse><Error><Code>ExpiredToken</Code></Error></ErrorResponse>"),  # SNS, S3
]


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as server:
        yield server


def signed_by(received: Received) -> str:
    return received.headers["authorization"].split("Credential=")[1].split("/")[0]


def expired(answer: Answer) -> Callable[[Received], Reaction]:
    """Takes what is signed with the new key."""
    return lambda received: Answer() if signed_by(received) == NEW.access_key else answer


def source(*given: Credentials) -> Callable[[], Credentials]:
    """Gives these, one after another, and then no more."""
    left = iter(given)

    def give() -> Credentials:
        found = next(left, None)
        if found is None:
            raise CredentialsError("nothing left")
        return found

    return give


@pytest.mark.parametrize("answer", EXPIRED)
def test_an_expired_token_is_replaced_and_the_call_repeated(server: Server, answer: Answer) -> None:
    server.answer = expired(answer)
    client = AwsClient("eu-west-1", OLD, renew=source(NEW))
    assert client.call_all([Request("x", server.url, b"")], attempts=1)[0].ok
    assert client.call_all([Request("x", server.url, b"")], attempts=1)[0].ok
    assert [signed_by(received) for received in server.received] == ["OLD", "NEW", "NEW"]
    assert server.received[-1].headers["x-amz-security-token"] == NEW.session_token


def test_many_calls_that_find_their_token_expired_ask_for_one_new_one(server: Server) -> None:
    server.answer = expired(EXPIRED[0])
    client = AwsClient("eu-west-1", OLD, renew=source(NEW))
    answers = client.call_each(Request("x", server.url, b""), [f"{server.url}/{number}" for number in range(100)])
    assert all(answer.ok for answer in answers)
    assert {received.path for received in server.received if signed_by(received) == "NEW"} == {
        f"/{number}" for number in range(100)
    }


@pytest.mark.parametrize("renew", [None, source(), source(OLD)])
def test_an_expired_token_that_nobody_replaces_is_no_reason_to_ask_again(
    server: Server, renew: Callable[[], Credentials] | None
) -> None:
    server.answer = expired(EXPIRED[0])
    answer = AwsClient("eu-west-1", OLD, renew=renew).call(Request("x", server.url, b""))
    assert (answer.status, answer.expired, answer.ok) == (403, True, False)
    assert len(server.received) == 1


def test_a_new_token_that_is_expired_as_well_is_not_replaced_for_ever(server: Server) -> None:
    server.answer = lambda _: EXPIRED[0]
    client = AwsClient("eu-west-1", OLD, renew=lambda: Credentials(f"KEY{len(server.received)}", "secret"))
    assert client.call(Request("x", server.url, b"")).status == 403
    assert len(server.received) == 2


def ending_in(seconds: float, name: str = "KEY") -> Credentials:
    return Credentials(name, "secret", expires_at_s=time.time() + seconds)


def test_credentials_are_renewed_ahead_of_their_end() -> None:
    fresh = ending_in(3_600, "FRESH")
    keeper = CredentialKeeper(ending_in(AHEAD_S - 1), source(fresh))
    assert keeper.current() == fresh
    assert keeper.current() == fresh


def test_credentials_that_hold_are_left_alone() -> None:
    held = ending_in(AHEAD_S + 60)
    assert CredentialKeeper(held, source()).current() == held
    for_ever = Credentials("KEY", "secret")
    assert CredentialKeeper(for_ever, source()).current() == for_ever


def test_where_there_are_no_new_ones_yet_the_old_ones_go_on_and_nobody_asks_all_the_time() -> None:
    asked = 0

    def unavailable() -> Credentials:
        nonlocal asked
        asked += 1
        raise CredentialsError("not now")

    old = ending_in(AHEAD_S / 2)
    keeper = CredentialKeeper(old, unavailable)
    assert [keeper.current() for _ in range(10)] == [old] * 10
    assert asked == 1


def test_secrets_stay_out_of_what_is_logged() -> None:
    credentials = Credentials("KEY", "the secret", "the token")
    keys = Keys(access_key="KEY", secret_key="the secret", session_token="the token")
    endpoint = CredentialsEndpoint(url="http://localhost/", token="the token")
    client = AwsClient("eu-west-1", credentials)
    for shown in map(repr, (credentials, keys, endpoint, CredentialKeeper(credentials), client)):
        assert "the secret" not in shown
        assert "the token" not in shown


ENVIRONMENT = {"AWS_REGION": "eu-west-1"}
KEYS = {"AWS_ACCESS_KEY_ID": "KEY", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_SESSION_TOKEN": "token"}


def test_keys_in_the_environment_go_before_an_endpoint() -> None:
    endpoint = {"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:9/"}
    runtime = Runtime.from_env(ENVIRONMENT | KEYS | endpoint)
    assert credential_sources.read(runtime) == Credentials("KEY", "secret", "token")


def test_a_secret_without_its_key_is_missed_by_name() -> None:
    with pytest.raises(SettingsError, match="AWS_SECRET_ACCESS_KEY"):
        Runtime.from_env(ENVIRONMENT | {"AWS_ACCESS_KEY_ID": "KEY"})


def test_a_relative_address_is_one_of_the_container_service() -> None:
    variables = {
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/v2/credentials/1",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:9/",
    }
    endpoint = Runtime.from_env(ENVIRONMENT | variables).credentials
    assert endpoint == CredentialsEndpoint(url="http://169.254.170.2/v2/credentials/1")


def served(expires_at: str = "2030-01-01T00:00:00Z") -> Answer:
    named = {"AccessKeyId": "KEY", "SecretAccessKey": "secret", "Token": "token", "Expiration": expires_at}
    return Answer(200, json.dumps({**named, "RoleArn": "arn:aws:iam::123456789012:role/chat"}).encode())


def container(server: Server, **variables: str) -> Runtime:
    return Runtime.from_env(ENVIRONMENT | {"AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{server.url}/keys"} | variables)


def test_the_containers_endpoint_gives_keys_and_says_when_they_end(server: Server) -> None:
    server.answer = lambda _: served()
    found = credential_sources.read(container(server, AWS_CONTAINER_AUTHORIZATION_TOKEN="who we are"))
    assert found == Credentials("KEY", "secret", "token", datetime(2030, 1, 1, tzinfo=UTC).timestamp())
    (received,) = server.received
    assert (received.method, received.path) == ("GET", "/keys")
    assert received.headers["authorization"] == "who we are"


def test_a_token_in_a_file_is_read_each_time(server: Server, tmp_path: Path) -> None:
    server.answer = lambda _: served()
    file = tmp_path / "token"
    runtime = container(server, AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=str(file))
    for token in ("first", "second"):
        file.write_text(f"{token}\n")
        credential_sources.read(runtime)
    assert [received.headers["authorization"] for received in server.received] == ["first", "second"]


def test_an_endpoint_that_fails_once_is_asked_again(server: Server) -> None:
    answers = iter([Answer(500)])
    server.answer = lambda _: next(answers, served())
    assert credential_sources.read(container(server)).access_key == "KEY"


@pytest.mark.parametrize("reaction", [Answer(403), Answer(200, b"{}"), Answer(200, b"no JSON"), Hang()])
def test_an_endpoint_without_an_answer_is_an_error_of_its_own(
    server: Server, reaction: Reaction, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(credential_sources, "TIMEOUT_MS", 200)
    server.answer = lambda _: reaction
    with pytest.raises(CredentialsError, match="no credentials from"):
        credential_sources.read(container(server))


def test_a_missing_token_file_is_an_error_of_its_own(server: Server, tmp_path: Path) -> None:
    with pytest.raises(CredentialsError):
        credential_sources.read(container(server, AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=str(tmp_path / "none")))
    assert server.received == []


@pytest.mark.parametrize("url", ["http://example.com/keys", "http://169.254.169.254/", "ftp://localhost/", "keys"])
def test_who_asks_for_keys_tells_no_stranger_who_they_are(url: str) -> None:
    runtime = Runtime.from_env(ENVIRONMENT | {"AWS_CONTAINER_CREDENTIALS_FULL_URI": url})
    with pytest.raises(CredentialsError):
        credential_sources.read(runtime)
