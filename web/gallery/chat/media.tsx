/** What people send beside text. */

import type { Media } from "@agent-chat/client/frames";
import type { ReactNode } from "react";

import { Lightbox } from "../../src/components/Lightbox";
import { MediaImage } from "../../src/components/MediaImage";
import { DocumentCard } from "../../src/components/media/DocumentCard";
import { ImageLink } from "../../src/components/media/ImageLink";
import { MediaContent } from "../../src/components/media/MediaContent";
import { SoundPlayer } from "../../src/components/media/SoundPlayer";
import { VideoPlayer } from "../../src/components/media/VideoPlayer";
import { DOCUMENT, LANDSCAPE, PORTRAIT, SOUND, VIDEO, WITHHELD } from "../samples";
import type { Specimens } from "../specimens";
import { nothing } from "./ada";

/** In the box that gives it its height. */
function picture(media: Media): ReactNode {
  return (
    <div className="picture">
      <MediaImage media={media} sizes="340px" alt="Hills" style={{ inlineSize: 340 }} />
    </div>
  );
}

export const MEDIA: Specimens = {
  "components/Lightbox": {
    covers: true,
    states: {
      "a wide image": <Lightbox media={LANDSCAPE} onClose={nothing} />,
      "a high one": <Lightbox media={PORTRAIT} onClose={nothing} />,
    },
  },
  "components/MediaImage": {
    states: {
      loaded: picture(LANDSCAPE),
      "without access": picture(WITHHELD),
    },
  },
  "components/media/DocumentCard": { states: { "of three pages": <DocumentCard media={DOCUMENT} /> } },
  "components/media/ImageLink": {
    states: { wide: <ImageLink media={LANDSCAPE} onOpen={nothing} />, high: <ImageLink media={PORTRAIT} onOpen={nothing} /> },
  },
  "components/media/MediaContent": {
    states: {
      "an image": <MediaContent media={LANDSCAPE} onOpenImage={nothing} />,
      "a video": <MediaContent media={VIDEO} onOpenImage={nothing} />,
      "a sound": <MediaContent media={SOUND} onOpenImage={nothing} />,
      "a document": <MediaContent media={DOCUMENT} onOpenImage={nothing} />,
      "of a newer server": <MediaContent media={{ ...LANDSCAPE, kind: "unknown" }} onOpenImage={nothing} />,
    },
  },
  "components/media/SoundPlayer": {
    states: { "not played yet": <SoundPlayer media={SOUND} />, "without a waveform": <SoundPlayer media={{ ...SOUND, waveform: null }} /> },
  },
  "components/media/VideoPlayer": { states: { "not played yet": <VideoPlayer media={VIDEO} /> } },
};
