import type { Media } from "@agent-chat/client/frames";

import { useWords } from "../../hooks/useWords";
import { MediaImage } from "../MediaImage";
import { widthInList } from "../pictureSize";

interface ImageLinkProps {
  readonly media: Media;
  readonly onOpen: (media: Media) => void;
}

/** An image in the list, which opens in full. */
export function ImageLink({ media, onOpen }: ImageLinkProps) {
  const words = useWords().room.message;
  const shownWidth = widthInList(media);
  return (
    <a
      className="picture"
      href={media.original.url}
      aria-label={words.openImage(media.name)}
      onClick={(event) => {
        if (event.metaKey || event.ctrlKey || event.shiftKey) return;
        event.preventDefault();
        onOpen(media);
      }}
    >
      <MediaImage media={media} sizes={shownWidth} alt={media.name} testId="thumbnail" style={{ inlineSize: shownWidth }} />
    </a>
  );
}
