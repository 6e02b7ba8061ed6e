"""The client on a real server, and on one that is slow, hangs, dies, or says something else."""

from __future__ import annotations

import datetime as dt
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from chat.aws.valkey import Valkey, ValkeyError
from chat.aws.valkey_protocol import MalformedReplyError, Refusal, Replies, pack
from chat.aws.valkey_tier import ValkeyTier
from chat.caching.counts import Counts
from chat.caching.shared import Value
from local.ports import LOOPBACK
from simulation.world import ManualClock
from tests.caching.server import Relay, Server

PATIENT_MS = 2_000
"""A time limit that only a server which never answers meets, however busy this machine is."""


def patient(url: str) -> Valkey:
    return Valkey(url, call_ms=PATIENT_MS, connect_ms=PATIENT_MS)


def test_many_commands_are_one_round_trip_over_one_connection(server: Server) -> None:
    with Relay(server.port).running() as relay:
        valkey = patient(relay.url)
        assert valkey.run(("SET", "a", b"1"), ("GET", "a"), ("GET", "none"), ("INCR", "n")) == [b"OK", b"1", None, 1]
        assert valkey.run(("GET", "a")) == [b"1"]
        assert (relay.requests, relay.connections) == (2, 1)
        valkey.close()


def test_an_answer_may_come_in_pieces(server: Server) -> None:
    with Relay(server.port, piece_bytes=1).running() as relay:
        valkey = patient(relay.url)
        valkey.run(("RPUSH", "log", b"a\r\nb", b""), ("SET", "a", "ä"))
        assert valkey.run(("LRANGE", "log", 0, -1), ("GET", "a")) == [[b"a\r\nb", b""], "ä".encode()]
        valkey.close()


def test_a_refused_command_is_an_answer_and_the_others_have_theirs(server: Server) -> None:
    valkey = patient(server.url)
    replies = valkey.run(("SET", "a", 1), ("LRANGE", "a", 0, -1), ("GET", "a"))
    assert isinstance(replies[1], Refusal)
    assert "WRONGTYPE" in str(replies[1])
    assert (replies[0], replies[2]) == (b"OK", b"1")
    valkey.close()


def test_a_server_that_hangs_is_left_after_the_time_limit_and_its_late_answer_is_nobodys(server: Server) -> None:
    valkey = Valkey(server.url, call_ms=50, connect_ms=PATIENT_MS)
    valkey.run(("SET", "a", "1"), ("SET", "b", "2"))
    with server.hanging(), pytest.raises(ValkeyError):
        valkey.run(("GET", "a"))
    valkey = patient(server.url)
    assert valkey.run(("GET", "b")) == [b"2"]
    valkey.close()


def test_a_connection_that_was_given_up_is_opened_anew(server: Server) -> None:
    valkey = Valkey(server.url, call_ms=200, connect_ms=PATIENT_MS)
    valkey.run(("SET", "b", "2"))
    with server.hanging(), pytest.raises(ValkeyError):
        valkey.run(("GET", "a"))
    assert valkey.run(("GET", "b")) == [b"2"]
    valkey.close()


def test_a_server_that_was_killed_is_an_error_until_it_is_back(server: Server) -> None:
    valkey = patient(server.url)
    assert valkey.run(("PING",)) == [b"PONG"]
    server.stop()
    for _ in range(2):
        with pytest.raises(ValkeyError):
            valkey.run(("PING",))
    server.start()
    assert valkey.run(("PING",)) == [b"PONG"]
    valkey.close()


def test_who_speaks_another_protocol_is_an_error() -> None:
    with socket.create_server((LOOPBACK, 0)) as listener:
        answers = threading.Thread(target=answer_in_http, args=(listener,))
        answers.start()
        with pytest.raises(ValkeyError):
            patient(f"redis://{LOOPBACK}:{listener.getsockname()[1]}").run(("PING",))
        answers.join()


def answer_in_http(listener: socket.socket) -> None:
    connection, _ = listener.accept()
    with connection:
        connection.recv(100)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")


@pytest.mark.parametrize("url", ["http://127.0.0.1", "redis://", "127.0.0.1:6379", ""])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="redis://"):
        Valkey(url)


@pytest.mark.parametrize("sent", [b"?1\r\n", b":one\r\n", b"$x\r\n", b"*1\r\n" * 9])
def test_bytes_that_are_no_reply_are_refused(sent: bytes) -> None:
    replies = Replies()
    replies.feed(sent)
    with pytest.raises(MalformedReplyError):
        replies.take(1)


def test_a_command_is_packed_by_the_length_of_its_bytes() -> None:
    assert pack([("SET", "ä", b"\x00"), ("GET", 1)]) == (
        b"*3\r\n$3\r\nSET\r\n$2\r\n\xc3\xa4\r\n$1\r\n\x00\r\n*2\r\n$3\r\nGET\r\n$1\r\n1\r\n"
    )


def test_a_tier_that_fails_is_left_alone_and_comes_back(server: Server) -> None:
    clock, counts = ManualClock(), Counts()
    tier = ValkeyTier(Valkey(server.url, call_ms=300, connect_ms=300), "chat:test", clock, counts)
    assert tier.write([Value("a", b"1", 60_000)])
    server.stop()
    assert [tier.read(["a"]) for _ in range(10)] == [None] * 10
    assert counts.take() == {"shared.failed": 3, "shared.opened": 1, "shared.skipped": 7}
    server.start()
    assert tier.read(["a"]) is None  # nothing is tried before the pause is over
    clock.pass_ms(1_000)
    assert tier.read(["a"]) is not None
    assert counts.take() == {"shared.skipped": 1, "shared.closed": 1}


def test_a_slow_server_opens_the_breaker_and_then_nobody_waits_for_it(server: Server) -> None:
    clock, counts = ManualClock(), Counts()
    with Relay(server.port, late_ms=500).running() as relay:
        tier = ValkeyTier(Valkey(relay.url, call_ms=20, connect_ms=PATIENT_MS), "chat:test", clock, counts)
        for _ in range(20):
            assert tier.read(["a"]) is None
        assert relay.requests <= 3
    assert counts.take()["shared.skipped"] == 17


def test_a_server_that_refuses_counts_as_one_that_is_away(server: Server) -> None:
    patient(server.url).run(("CONFIG", "SET", "maxmemory", "1"), ("CONFIG", "SET", "maxmemory-policy", "noeviction"))
    counts = Counts()
    tier = ValkeyTier(patient(server.url), "chat:test", ManualClock(), counts)
    assert [tier.write([Value("a", b"1", 60_000)]) for _ in range(4)] == [False] * 4
    assert counts.take() == {"shared.failed": 3, "shared.opened": 1, "shared.skipped": 1}


def test_stages_on_one_server_do_not_see_each_other(server: Server) -> None:
    one, other = (ValkeyTier(patient(server.url), name, ManualClock(), Counts()) for name in ("chat:a", "chat:b"))
    one.write([Value("a", b"1", 60_000)])
    answer = other.read(["a"])
    assert answer is not None
    assert answer.bodies == [None]


def test_over_tls_a_server_with_the_right_name_is_asked_and_another_one_is_not(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = make_certificate(tmp_path)
    with before(server, certificate) as port:
        url = f"rediss://localhost:{port}"
        with pytest.raises(ValkeyError, match="CERTIFICATE_VERIFY_FAILED"):
            patient(url).run(("PING",))
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        valkey = patient(url)
        assert valkey.run(("PING",), ("PING",)) == [b"PONG", b"PONG"]
        valkey.close()
        with pytest.raises(ValkeyError, match="CERTIFICATE_VERIFY_FAILED"):
            patient(f"rediss://{LOOPBACK}:{port}").run(("PING",))


def make_certificate(folder: Path) -> Path:
    """Of `localhost`, and its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "localhost.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    return path


@contextmanager
def before(server: Server, certificate: Path) -> Iterator[int]:
    """Takes TLS off before the server, as ElastiCache does; the port that it listens on."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with Relay(server.port).running() as relay:
        relay.socket = context.wrap_socket(relay.socket, server_side=True)
        yield relay.server_address[1]
