import type { Media } from "@agent-chat/client/frames";
import { useMemo, useRef, useState } from "react";

import { useMediaAccess } from "../../hooks/useMediaAccess";
import { useWords } from "../../hooks/useWords";
import { Icon } from "../Icon";
import { barsOf, clockTime } from "./waveform";

/**
 * A sound in the list: a button, its waveform, and the time.
 *
 * The waveform is painted behind a slider, which is what the keyboard and a screen reader use. Nothing is loaded before
 * the sound is played; its length comes with the message.
 */
export function SoundPlayer({ media }: { readonly media: Media }) {
  const words = useWords().room.message;
  const audio = useRef<HTMLAudioElement>(null);
  const [isPlaying, setPlaying] = useState(false);
  const [atS, setAtS] = useState(0);
  const lengthS = (media.duration_ms ?? 0) / 1000;
  const [file] = media.files;
  const { isGranted, attempt, onError } = useMediaAccess(media.thumbnail.url);

  const seek = (seconds: number): void => {
    setAtS(seconds);
    if (audio.current !== null) audio.current.currentTime = seconds;
  };
  const toggle = (): void => {
    if (isPlaying) audio.current?.pause();
    // What keeps it from playing is told by `onPause`: the button shows again that it is not.
    else audio.current?.play().catch(() => undefined);
  };

  return (
    <figure className="sound" data-testid="sound" aria-label={words.sound(media.name)}>
      {/* eslint-disable-next-line jsx-a11y/media-has-caption -- people send what has no captions */}
      <audio
        key={attempt}
        ref={audio}
        src={isGranted ? file?.url : undefined}
        onError={onError}
        preload="none"
        onPlay={() => {
          setPlaying(true);
        }}
        onPause={() => {
          setPlaying(false);
        }}
        onEnded={() => {
          seek(0);
        }}
        onTimeUpdate={(event) => {
          setAtS(event.currentTarget.currentTime);
        }}
      />
      <button type="button" className="sound__button" aria-label={isPlaying ? words.pause : words.play} onClick={toggle}>
        <Icon name={isPlaying ? "pause" : "play"} />
      </button>
      <div className="sound__track">
        <Waveform waveform={media.waveform} played={lengthS > 0 ? atS / lengthS : 0} />
        <input
          className="sound__slider"
          type="range"
          min={0}
          max={lengthS}
          step={Math.max(0.1, lengthS / 100)}
          value={Math.min(atS, lengthS)}
          aria-label={words.position}
          aria-valuetext={`${clockTime(atS)} / ${clockTime(lengthS)}`}
          onChange={(event) => {
            seek(event.target.valueAsNumber);
          }}
        />
      </div>
      <figcaption className="sound__caption">
        <span className="sound__name">{media.name}</span>
        <span className="sound__time">{clockTime(isPlaying || atS > 0 ? atS : lengthS)}</span>
      </figcaption>
    </figure>
  );
}

interface WaveformProps {
  readonly waveform: string | null;
  /** The part that was heard, 0–1. */
  readonly played: number;
}

const BAR = 4;
const TALLEST = 28;
const SHORTEST = 2;

function Waveform({ waveform, played }: WaveformProps) {
  const bars = useMemo(() => barsOf(waveform), [waveform]);
  return (
    <svg
      className="sound__waveform"
      viewBox={`0 0 ${Math.max(1, bars.length) * BAR} ${TALLEST}`}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      {bars.map((bar, index) => {
        const height = Math.max(SHORTEST, bar * TALLEST);
        return (
          <rect
            // Bars have no identity but their place.
            key={index}
            data-played={index / bars.length < played}
            x={index * BAR + 1}
            y={(TALLEST - height) / 2}
            width={BAR - 2}
            height={height}
            rx={1}
          />
        );
      })}
    </svg>
  );
}
