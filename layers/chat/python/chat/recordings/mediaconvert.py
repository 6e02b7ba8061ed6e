"""A job of AWS Elemental MediaConvert that makes what `chat.recordings.ladder` names. Pure: settings, no calls.

There is no job template: which rungs there are depends on the video. Names follow MediaConvert's rules: an output is
the group's destination and its name modifier, frames are counted from 0 in seven digits, segments from 1 in five.
Outputs begin without the input's metadata; its time code is not passed on.
"""

from __future__ import annotations

from typing import Any

from chat.media_facts import Facts
from chat.recordings import ladder
from chat.recordings.ladder import Rung, ladder_of, mp4_rung
from chat.recordings.sound_levels import BITS_PER_S, LOUDNESS_LUFS, PEAK_DB, SAMPLE_RATE

QUALITY_LEVEL = 7
"""Of QVBR, 1 to 10: what MediaConvert's guide has for viewing on a computer or a telephone."""


def settings_of(source: str, folder: str, facts: Facts) -> dict[str, Any]:
    """The `Settings` of CreateJob. `source` is the upload and `folder` what outputs' names begin with, both `s3://`."""
    rungs = ladder_of(facts.width, facts.height)
    return {
        "TimecodeConfig": {"Source": "ZEROBASED"},
        "Inputs": [
            {
                "FileInput": source,
                "TimecodeSource": "ZEROBASED",
                "VideoSelector": {"Rotate": "AUTO"},
                **({"AudioSelectors": {"Audio": {"DefaultSelection": "DEFAULT"}}} if facts.audible else {}),
            }
        ],
        "OutputGroups": [
            _hls(folder, rungs, facts),
            _mp4(folder, mp4_rung(rungs), facts),
            _poster(folder, rungs[-1], facts),
        ],
    }


def _hls(folder: str, rungs: list[Rung], facts: Facts) -> dict[str, Any]:
    return {
        "OutputGroupSettings": {
            "Type": "HLS_GROUP_SETTINGS",
            "HlsGroupSettings": {
                "Destination": folder + ladder.PLAYLIST.removesuffix(".m3u8"),
                "SegmentLength": ladder.SEGMENT_S,
                "MinSegmentLength": 0,
                "SegmentControl": "SEGMENTED_FILES",
                "DirectoryStructure": "SINGLE_DIRECTORY",
                "ManifestDurationFormat": "FLOATING_POINT",
            },
        },
        "Outputs": [
            {
                "NameModifier": rung.name.removeprefix("hls"),
                "ContainerSettings": {"Container": "M3U8"},
                **_streams(rung, facts),
            }
            for rung in rungs
        ],
    }


def _mp4(folder: str, rung: Rung, facts: Facts) -> dict[str, Any]:
    return {
        "OutputGroupSettings": _files(folder + ladder.MP4.removesuffix(".mp4")),
        "Outputs": [
            {
                "ContainerSettings": {"Container": "MP4", "Mp4Settings": {"MoovPlacement": "PROGRESSIVE_DOWNLOAD"}},
                **_streams(rung, facts),
            }
        ],
    }


def _poster(folder: str, rung: Rung, facts: Facts) -> dict[str, Any]:
    """A frame a second, two at most: the very first, and where the video is long enough a better one."""
    capture = {"FramerateNumerator": 1, "FramerateDenominator": 1, "MaxCaptures": len(ladder.POSTERS), "Quality": 90}
    return {
        "OutputGroupSettings": _files(folder + "poster"),
        "Outputs": [
            {
                "ContainerSettings": {"Container": "RAW"},
                "VideoDescription": {
                    "Width": rung.width,
                    "Height": rung.height,
                    **_tones(facts),
                    "CodecSettings": {"Codec": "FRAME_CAPTURE", "FrameCaptureSettings": capture},
                },
            }
        ],
    }


def _files(destination: str) -> dict[str, Any]:
    return {"Type": "FILE_GROUP_SETTINGS", "FileGroupSettings": {"Destination": destination}}


def _streams(rung: Rung, facts: Facts) -> dict[str, Any]:
    video = {
        "Width": rung.width,
        "Height": rung.height,
        "ScalingBehavior": "DEFAULT",
        "TimecodeInsertion": "DISABLED",
        **_tones(facts),
        "CodecSettings": {
            "Codec": "H_264",
            "H264Settings": {
                "RateControlMode": "QVBR",
                "QvbrSettings": {"QvbrQualityLevel": QUALITY_LEVEL},
                "MaxBitrate": rung.max_bits_per_s,
                "QualityTuningLevel": "SINGLE_PASS",
                "CodecProfile": "HIGH",
                "GopSize": ladder.KEYFRAME_S,
                "GopSizeUnits": "SECONDS",
                "FramerateControl": "INITIALIZE_FROM_SOURCE",
            },
        },
    }
    return {"VideoDescription": video, **({"AudioDescriptions": [_SOUND]} if facts.audible else {})}


def _tones(facts: Facts) -> dict[str, Any]:
    """What makes high dynamic range what every screen shows."""
    if not facts.hdr:
        return {}
    return {"VideoPreprocessors": {"ColorCorrector": {"ColorSpaceConversion": "FORCE_709"}}}


_SOUND = {
    "AudioSourceName": "Audio",
    "AudioNormalizationSettings": {
        "Algorithm": "ITU_BS_1770_4",
        "AlgorithmControl": "CORRECT_AUDIO",
        "TargetLkfs": LOUDNESS_LUFS,
        "PeakCalculation": "TRUE_PEAK",
        "TruePeakLimiterThreshold": PEAK_DB,
    },
    "CodecSettings": {
        "Codec": "AAC",
        "AacSettings": {
            "Bitrate": BITS_PER_S,
            "CodingMode": "CODING_MODE_2_0",
            "SampleRate": SAMPLE_RATE,
        },
    },
}
