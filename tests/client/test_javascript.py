"""The JavaScript client as it would be published: packed, installed with nothing else, and run by Node at the stack."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pytest
from PIL import Image

from chat.upload_parts import PARTS_FROM_BYTES
from local.client import Client
from local.paths import ROOT
from local.programs import NODE, search_path
from local.stack import LocalStack

SOURCE = ROOT / "clients" / "javascript"
WAIT_S = 60
SAID = 40

CONSUMER = """
import { Chat, type Message, RequestFailed } from "@agent-chat/client";
import { RoomLog } from "@agent-chat/client/log";

export async function last(url: string): Promise<number | null> {
  await using chat = await Chat.connect(url, { name: "Ada" });
  for await (const message of chat.subscribe("general", { recent: 1 })) {
    const { seq, text }: Message = message;
    console.log(text.length);
    return seq;
  }
  return RoomLog.empty.newest;
}

export const isRefusal = (error: unknown): boolean => error instanceof RequestFailed;
"""


def node(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Runs a program to its end."""
    environment = {**os.environ, "PATH": search_path()}
    command = [str(NODE), *arguments]
    return subprocess.run(
        command, cwd=cwd, env=environment, capture_output=True, text=True, check=False, timeout=4 * WAIT_S
    )


def succeed(*arguments: str, cwd: Path) -> str:
    """As `node`, of a program that must succeed: what it printed."""
    done = node(*arguments, cwd=cwd)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def consumer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory in which nothing is installed but what npm packs of the client, and what that says it needs."""
    place = tmp_path_factory.mktemp("consumer")
    subprocess.run(
        ["npm", "pack", "--silent", "--pack-destination", str(place)],
        cwd=SOURCE,
        env={**os.environ, "PATH": search_path()},
        check=True,
        stdout=subprocess.DEVNULL,
        timeout=WAIT_S,
    )
    (archive,) = place.glob("*.tgz")
    modules = place / "node_modules"
    with tarfile.open(archive) as packed:
        packed.extractall(place)  # noqa: S202 - packed a moment ago, by us
    (modules / "@agent-chat").mkdir(parents=True)
    (place / "package").rename(modules / "@agent-chat" / "client")
    for name in json.loads((SOURCE / "package.json").read_text())["dependencies"]:
        (modules / name).symlink_to(ROOT / "node_modules" / name)
    for example in (SOURCE / "examples").iterdir():
        shutil.copy(example, place)
    return place


def test_what_is_packed_is_what_is_built_and_no_test(consumer: Path) -> None:
    packed = consumer / "node_modules" / "@agent-chat" / "client"
    files = {path.relative_to(packed).as_posix() for path in packed.rglob("*") if path.is_file()}
    modules = {path.stem for path in (SOURCE / "src").glob("*.ts") if not path.stem.endswith(".test")}
    built = {f"dist/{module}{ending}" for module in modules for ending in (".js", ".d.ts")}
    assert files == built | {"package.json", "README.md"}


def test_its_types_are_those_of_a_strict_program(consumer: Path) -> None:
    (consumer / "consumer.mts").write_text(CONSUMER)
    tsc = str(ROOT / "node_modules" / "typescript" / "bin" / "tsc")
    strict = ("--strict", "--exactOptionalPropertyTypes", "--noUncheckedIndexedAccess", "--noEmit")
    where = ("--module", "nodenext", "--target", "es2023", "--lib", "es2023,dom,dom.iterable,dom.asynciterable,esnext")
    succeed(tsc, *strict, *where, "consumer.mts", cwd=consumer)


@contextmanager
def running(consumer: Path, program: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """One of the examples, as long as the block runs."""
    with subprocess.Popen(
        [str(NODE), program, *arguments], cwd=consumer, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def lines(source: IO[str] | None, count: int) -> list[str]:
    assert source is not None
    return [source.readline().rstrip("\n") for _ in range(count)]


@pytest.mark.timeout(2 * WAIT_S)
def test_programs_in_node_talk_and_whoever_is_killed_goes_on_where_it_was(stack: LocalStack, consumer: Path) -> None:
    room = "from-node"
    with Client(stack.page_url, "Host") as host:
        host.call("create", room=room, title="From Node")
    said = [f"line {number}" for number in range(SAID)]
    with running(consumer, "say.mjs", stack.page_url, "Ada", room) as saying:
        assert saying.stdin is not None
        with running(consumer, "follow.mjs", stack.page_url, "Grace", room) as following:
            saying.stdin.write("".join(f"{line}\n" for line in said[: SAID // 2]))
            saying.stdin.flush()
            heard = [json.loads(line) for line in lines(following.stdout, SAID // 4)]
            following.send_signal(signal.SIGKILL)
        saying.stdin.write("".join(f"{line}\n" for line in said[SAID // 2 :]))
        saying.stdin.close()
        after = str(heard[-1]["seq"])
        with running(consumer, "follow.mjs", stack.page_url, "Grace", room, after) as following:
            heard += [json.loads(line) for line in lines(following.stdout, SAID - len(heard))]
            following.send_signal(signal.SIGTERM)
            assert following.wait(WAIT_S) == 0
        numbers = [int(line) for line in lines(saying.stdout, SAID)]
        assert saying.wait(WAIT_S) == 0
    assert [entry["text"] for entry in heard] == said
    assert [entry["seq"] for entry in heard] == numbers == sorted(set(numbers))
    assert {entry["from"] for entry in heard} == {"Ada"}


@pytest.mark.parametrize("side", [40, 1_720], ids=["as one form", "in parts"])
def test_a_file_that_a_program_sends_is_a_message_of_its_room(
    stack: LocalStack, consumer: Path, tmp_path: Path, side: int
) -> None:
    photo = tmp_path / "noise.png"
    Image.frombytes("RGB", (side, side), os.urandom(3 * side * side)).save(photo, compress_level=1)
    assert (photo.stat().st_size > PARTS_FROM_BYTES) == (side > 1_000)
    room = f"photos-{side}"
    with Client(stack.page_url, "Host") as host:
        host.call("create", room=room, title="Photos")
        host.call("send", room=room, text="Who has one?")
        printed = succeed("share.mjs", stack.page_url, "Ada", room, str(photo), "image/png", cwd=consumer)
        shown = host.call("history", room=room)["messages"][-1]
    assert printed == f"{shown['seq']}\n"
    assert (shown["media"]["name"], shown["from"]["id"]) == ("noise.png", "ada")
    assert (shown["media"]["original"]["width"], shown["media"]["original"]["height"]) == (side, side)


def test_a_file_that_is_refused_ends_the_program_with_the_reason(
    stack: LocalStack, consumer: Path, tmp_path: Path
) -> None:
    fake = tmp_path / "fake.png"
    fake.write_text("No image at all.")
    with Client(stack.page_url, "Host") as host:
        host.call("create", room="no-photos", title="No photos")
    done = node("share.mjs", stack.page_url, "Ada", "no-photos", str(fake), "image/png", cwd=consumer)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "This is not a JPEG, PNG, WebP, GIF or AVIF image.\n"
