import type { Media } from "@agent-chat/client/frames";

import { DocumentCard } from "./DocumentCard";
import { ImageLink } from "./ImageLink";
import { SoundPlayer } from "./SoundPlayer";
import { VideoPlayer } from "./VideoPlayer";

interface MediaContentProps {
  readonly media: Media;
  readonly onOpenImage: (media: Media) => void;
}

/** What a message shows beside its text. What only a newer server knows is shown as the picture that stands for it. */
export function MediaContent({ media, onOpenImage }: MediaContentProps) {
  switch (media.kind) {
    case "video":
      return <VideoPlayer media={media} />;
    case "audio":
      return <SoundPlayer media={media} />;
    case "document":
      return <DocumentCard media={media} />;
    case "image":
    case "unknown":
      return <ImageLink media={media} onOpen={onOpenImage} />;
  }
}
