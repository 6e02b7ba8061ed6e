"""What libcurl signs is what botocore would sign: for each service as it is called, and for shapes of every kind.

Known to differ, and never sent: a path with nothing between two slashes, a `+` in a query, a parameter without a name.
"""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import quote, urlencode

import pytest
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotoCredentials
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chat.aws.calls import Request
from chat.aws.client import AwsClient
from chat.aws.credentials import Credentials
from chat.aws.sockets import ApiGatewaySockets
from chat.ports import Outcome
from tests.unit.aws_server import Received, Server, serving

KEYS = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
SESSION = Credentials("ASIAEXAMPLE", "secret/with+signs=", "session/token+=")
EMPTY_HASH = hashlib.sha256(b"").hexdigest()

EXAMPLES = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as server:
        yield server


def expected(received: Received, url: str, service: str, credentials: Credentials) -> str:
    """What botocore signs for the same request at the same second."""
    signed = received.headers["authorization"].split("SignedHeaders=")[1].split(",")[0].split(";")
    headers = {name: received.headers[name] for name in signed if name not in {"host", "x-amz-date"}}
    headers.pop("x-amz-security-token", None)
    request = AWSRequest(method=received.method, url=url + received.path, data=received.body, headers=headers)
    keys = BotoCredentials(credentials.access_key, credentials.secret_key, credentials.session_token or None)
    auth = (S3SigV4Auth if service == "s3" else SigV4Auth)(keys, service, "eu-west-1")
    at = datetime.strptime(received.headers["x-amz-date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("botocore.auth.get_current_datetime", lambda: at)
        auth.add_auth(request)
    return str(request.headers["Authorization"]).split("Signature=")[1]


def check(server: Server, service: str, credentials: Credentials) -> Received:
    """The one request that came in is signed as botocore would have signed it."""
    (received,) = server.received
    signature = received.headers["authorization"].split("Signature=")[1]
    assert signature == expected(received, server.url, service, credentials)
    assert received.headers.get("x-amz-security-token", "") == credentials.session_token
    return received


def client(server: Server, credentials: Credentials) -> AwsClient:
    return AwsClient(region="eu-west-1", credentials=credentials, endpoint_url=server.url)


@pytest.mark.parametrize("credentials", [KEYS, SESSION])
@pytest.mark.parametrize(
    ("service", "method", "path", "headers"),
    [
        (
            "dynamodb",
            "POST",
            "/",
            ("Content-Type: application/x-amz-json-1.0", "X-Amz-Target: DynamoDB_20120810.Query"),
        ),
        ("execute-api", "POST", "/prod/@connections/L0SM9cOFvHcCIhw%3D", ("Content-Type: application/json",)),
        ("s3", "HEAD", "/bucket", (f"X-Amz-Content-Sha256: {EMPTY_HASH}",)),
        ("sns", "POST", "/", ("Content-Type: application/x-www-form-urlencoded",)),
        ("sqs", "POST", "/", ("Content-Type: application/x-amz-json-1.0", "X-Amz-Target: AmazonSQS.SendMessageBatch")),
        ("ssm", "POST", "/", ("Content-Type: application/x-amz-json-1.1", "X-Amz-Target: AmazonSSM.GetParameter")),
        (
            "lambda",
            "POST",
            "/2015-03-31/functions/arn%3Aaws%3Alambda%3Aeu-west-1%3A123456789012%3Afunction%3Acheck/invocations",
            (),
        ),
    ],
)
def test_each_service_is_called_with_botocores_signature(
    server: Server, credentials: Credentials, service: str, method: str, path: str, headers: tuple[str, ...]
) -> None:
    body = None if method == "HEAD" else '{"text":"Grüße"}'.encode()
    request = Request(service, server.url + path, body, method=method, headers=headers)
    assert client(server, credentials).call(request).ok
    assert check(server, service, credentials).path == path


# A dot alone is a way through a path, not a name in it.
CONNECTIONS = st.text(min_size=1, max_size=40).filter(lambda text: text.strip(".") != "")


@EXAMPLES
@given(connection=CONNECTIONS, frame=st.binary(max_size=300), session=st.booleans())
def test_a_frame_for_any_connection_has_botocores_signature(
    server: Server, connection: str, frame: bytes, *, session: bool
) -> None:
    try:
        encoded = quote(connection, safe="")
    except UnicodeEncodeError:  # half of a surrogate pair is no text
        return
    server.received.clear()
    credentials = SESSION if session else KEYS
    sockets = ApiGatewaySockets(client(server, credentials), server.url + "/prod")
    assert sockets.post([connection], frame) == {connection: Outcome.DELIVERED}
    received = check(server, "execute-api", credentials)
    assert received.path == f"/prod/@connections/{encoded}"
    assert received.body == frame
    # The payload's hash is ours, made once for all connections, and it is part of what is signed.
    assert received.headers["x-amz-content-sha256"] == hashlib.sha256(frame).hexdigest()
    assert "x-amz-content-sha256" in received.headers["authorization"].split("SignedHeaders=")[1].split(",")[0]


NAMES = st.from_regex(r"[A-Za-z][A-Za-z0-9-]{0,20}", fullmatch=True).map(lambda name: f"X-Chat-{name}")
VALUES = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=40).map(lambda text: f"v{text}")


@EXAMPLES
@given(
    segments=st.lists(st.text(min_size=1, max_size=12), max_size=4),
    query=st.lists(st.tuples(st.text(min_size=1, max_size=8), st.text(max_size=8)), max_size=4),
    headers=st.dictionaries(NAMES.map(str.lower), VALUES, max_size=4),
    body=st.one_of(st.just(b""), st.binary(max_size=200)),
    session=st.booleans(),
)
def test_any_shape_of_request_has_botocores_signature(
    server: Server,
    segments: list[str],
    query: list[tuple[str, str]],
    headers: dict[str, str],
    body: bytes,
    *,
    session: bool,
) -> None:
    try:
        path = "/" + "/".join(quote(segment, safe="") for segment in segments)
        path += f"?{urlencode(query, quote_via=quote)}" if query else ""
    except UnicodeEncodeError:
        return
    server.received.clear()
    credentials = SESSION if session else KEYS
    lines = tuple(f"{name}: {value}" for name, value in headers.items())
    answer = client(server, credentials).call(Request("execute-api", server.url + path, body, headers=lines))
    assert answer.ok
    check(server, "execute-api", credentials)
