import type { Media } from "@agent-chat/client/frames";

import { useMediaAccess } from "../../hooks/useMediaAccess";
import { useWords } from "../../hooks/useWords";
import { widthInList } from "../pictureSize";

/**
 * A video in the list: its poster until somebody plays it, then the browser's own controls.
 *
 * The playlist stands first, for browsers that play HLS themselves and fit the picture to the line; others take the MP4,
 * of which they ask for the parts that they need. Nothing but the poster is loaded before it is played.
 */
export function VideoPlayer({ media }: { readonly media: Media }) {
  const words = useWords().room.message;
  const { width, height } = media.original;
  const { isGranted, attempt, onError } = useMediaAccess(media.thumbnail.url);
  return (
    // eslint-disable-next-line jsx-a11y/media-has-caption -- people send what has no captions
    <video
      key={attempt}
      className="video"
      data-testid="video"
      aria-label={words.video(media.name)}
      poster={isGranted ? media.original.url : undefined}
      width={width}
      height={height}
      style={{ inlineSize: widthInList(media), aspectRatio: `${width} / ${height}` }}
      preload="none"
      controls
      playsInline
      onError={onError}
    >
      {(isGranted ? [...media.files].reverse() : []).map((file) => (
        <source key={file.url} src={file.url} type={file.content_type} />
      ))}
    </video>
  );
}
