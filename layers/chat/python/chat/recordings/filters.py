"""Chains of FFmpeg's filters, frame by frame."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Generic, TypeVar

import av
from av.audio.frame import AudioFrame
from av.error import BlockingIOError as NothingYet
from av.error import EOFError as NothingMore
from av.filter import Graph
from av.filter.context import FilterContext
from av.video.frame import VideoFrame

Frame = TypeVar("Frame", AudioFrame, VideoFrame)

Step = tuple[str, str]
"""A filter's name and its arguments, as the `ffmpeg` program takes them."""


class FilterChain(Generic[Frame]):
    """Filters that the frames of one stream go through, in this order."""

    def __init__(self, graph: Graph, source: FilterContext, sink: str, steps: tuple[Step, ...]) -> None:
        self._graph = graph
        nodes = [source, *(graph.add(name, told) for name, told in steps), graph.add(sink)]
        graph.link_nodes(*nodes).configure()

    def pass_through(self, frame: Frame | None) -> Iterator[Frame]:
        """What has come out once the frame is in; None for a frame is the end."""
        self._graph.push(frame)
        while True:
            try:
                yield self._graph.pull()  # type: ignore[misc]  # a chain gives what it is given
            except (NothingYet, NothingMore):
                return


def sound_chain(stream: av.AudioStream, *steps: Step) -> FilterChain[AudioFrame]:
    """For the sound of that stream."""
    graph = Graph()
    return FilterChain(graph, graph.add_abuffer(template=stream), "abuffersink", steps)


def picture_chain(stream: av.VideoStream, *steps: Step) -> FilterChain[VideoFrame]:
    """For the pictures of that stream."""
    graph = Graph()
    return FilterChain(graph, graph.add_buffer(template=stream), "buffersink", steps)
