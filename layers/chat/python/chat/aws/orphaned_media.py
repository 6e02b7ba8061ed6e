"""Puts together what looking for media that nothing refers to takes, for one function instance. Uses boto3."""

from __future__ import annotations

from collections.abc import Callable

from chat.aws import edge_cache, files, media_store, wiring
from chat.aws.bucket_pages import BucketPages, give_up_parts
from chat.orphans.collecting import CollectMedia
from chat.orphans.weekly import Collection
from chat.passages import Passage
from chat.storage.maintenance import MaintenanceRuns


def collection(is_enough: Callable[[], bool]) -> Collection:
    """The stage's. `is_enough` says after each page whether the rest is left for the next slice."""
    runs = MaintenanceRuns(wiring.rooms_table())
    bucket = media_store.bucket()
    return Collection(
        runs=runs,
        passage=Passage(
            runs=runs, clock=wiring.clock(), ids=wiring.ids(), report=lambda _rows: None, is_enough=is_enough
        ),
        job=_job,
        pages=BucketPages(bucket.s3, bucket.name),
    )


def _job(dry_run: bool) -> CollectMedia:  # noqa: FBT001  # a callback's one argument
    bucket = media_store.bucket()
    return CollectMedia(
        rooms=wiring.rooms_table(),
        messages=wiring.messages_table(),
        files=files.files(),
        purging=edge_cache.purging(),
        give_up_parts=lambda key, upload: give_up_parts(bucket.s3, bucket.name, key, upload),
        now_ms=wiring.clock().now_ms,
        dry_run=dry_run,
    )
