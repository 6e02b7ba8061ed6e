"""The form of an export, which is DynamoDB's own: a summary, a list of data files, and these, one JSON row a line.

    TABLE/AWSDynamoDB/ID/manifest-summary.json   written last: an export without it is not finished
    TABLE/AWSDynamoDB/ID/manifest-files.json     a line a data file, with its checksum
    TABLE/AWSDynamoDB/ID/data/NAME.json.gz       {"Item": {"pk": {"S": "m#lunch#0"}, …}}

A file of ours has a SHA-256 in the list, one of AWS's an MD5; one whose sum is another is refused. Exports of ours take
the rows while others are written (`chat.storage.messages` explains what that means for a room's numbers), those of AWS
are of one moment.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec

from operations.backups.places import Place
from operations.errors import OperationError, UsageError

EXPORTS = "AWSDynamoDB/"
SUMMARY = "manifest-summary.json"
FILES = "manifest-files.json"

Attributes = dict[str, Any]
"""A row in DynamoDB's JSON, each attribute with its type."""


class Summary(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """What an export is of. Times are ISO 8601."""

    version: str
    table_arn: str
    export_time: str
    start_time: str = ""
    end_time: str = ""
    manifest_files_s3_key: str
    item_count: int
    output_format: str
    export_type: str = "FULL_EXPORT"
    export_to_time: str = ""

    @property
    def taken_at_ms(self) -> int:
        """The moment whose rows these are; of an incremental export, its end."""
        return int(datetime.fromisoformat(self.export_to_time or self.export_time).timestamp() * 1_000)


class DataFile(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """One line of the list."""

    item_count: int
    data_file_s3_key: str = msgspec.field(name="dataFileS3Key")
    md5_checksum: str = msgspec.field(name="md5Checksum", default="")
    sha256_checksum: str = msgspec.field(name="sha256Checksum", default="")


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A line of a data file: a row as it stood, or of an incremental export how it stands now (None: it is gone)."""

    item: Attributes | None = msgspec.field(name="Item", default=None)
    keys: Attributes | None = msgspec.field(name="Keys", default=None)
    new_image: Attributes | None = msgspec.field(name="NewImage", default=None)

    @property
    def attributes(self) -> Attributes | None:
        """The row; None for one that was deleted."""
        return self.item or self.new_image

    @property
    def key(self) -> Attributes:
        """Its key's attributes."""
        named = self.attributes or self.keys or {}
        return {"pk": named["pk"], "sk": named["sk"]}


@dataclass(frozen=True)
class Export:
    """A finished export of one table, below its folder of `place`."""

    place: Place
    folder: str
    """`AWSDynamoDB/ID/`."""
    summary: Summary

    def files(self) -> list[DataFile]:
        """Its data files. Raises `OperationError` where the list is gone."""
        listed = _required(self.place, self.folder + FILES)
        return [msgspec.json.decode(line, type=DataFile) for line in listed.splitlines() if line]

    def rows(self, file: DataFile) -> Iterator[Row]:
        """The rows of a data file. Raises `OperationError` for one that is gone, or is not what was written."""
        # Whoever has moved the whole folder has moved the files with it.
        name = file.data_file_s3_key[file.data_file_s3_key.index(EXPORTS) :]
        packed = _required(self.place, name)
        _require_whole(file, packed)
        decoder = msgspec.json.Decoder(Row)
        count = 0
        for line in gzip.decompress(packed).splitlines():
            yield decoder.decode(line)
            count += 1
        if count != file.item_count:
            raise OperationError(f"{name} has {count:,} rows, and {file.item_count:,} by its list.")


def find_exports(place: Place, table: str) -> list[Export]:
    """The finished exports of one table in a backup, the newest first. Raises `UsageError` for one of another form."""
    own = place.below(table)
    found = []
    for name in own.names(EXPORTS):
        if name.endswith(f"/{SUMMARY}"):
            summary = msgspec.json.decode(_required(own, name), type=Summary)
            if summary.output_format != "DYNAMODB_JSON":
                raise UsageError(f"{name} is of a {summary.output_format} export; DYNAMODB_JSON can be restored.")
            found.append(Export(own, name.removesuffix(SUMMARY), summary))
    return sorted(found, key=lambda export: export.summary.taken_at_ms, reverse=True)


def pack(rows: list[Attributes]) -> bytes:
    """The bytes of a data file; the same rows make the same bytes."""
    lines = b"".join(msgspec.json.encode({"Item": row}) + b"\n" for row in rows)
    return gzip.compress(lines, compresslevel=6, mtime=0)


def data_file(name: str, packed: bytes, rows: int) -> DataFile:
    """The line of the list for a file that was written."""
    return DataFile(
        item_count=rows,
        data_file_s3_key=name,
        md5_checksum=base64.b64encode(hashlib.md5(packed, usedforsecurity=False).digest()).decode(),
        sha256_checksum=hashlib.sha256(packed).hexdigest(),
    )


def iso8601(at_ms: int) -> str:
    """As DynamoDB writes times."""
    return datetime.fromtimestamp(at_ms / 1_000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _required(place: Place, name: str) -> bytes:
    body = place.read(name)
    if body is None:
        raise OperationError(f"The export is not complete: {name} is not in {place}.")
    return body


def _require_whole(file: DataFile, packed: bytes) -> None:
    known = data_file(file.data_file_s3_key, packed, file.item_count)
    same = (
        known.sha256_checksum == file.sha256_checksum
        if file.sha256_checksum
        else known.md5_checksum == file.md5_checksum
    )
    if not same:
        raise OperationError(f"{file.data_file_s3_key} is not what was exported: its checksum is another.")
