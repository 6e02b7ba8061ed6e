import type { Media } from "@agent-chat/client/frames";

import { useWords } from "../hooks/useWords";
import { Dialog } from "./Dialog";
import { Icon } from "./Icon";
import { MediaImage } from "./MediaImage";
import { widthInList, widthInWindow } from "./pictureSize";

interface LightboxProps {
  readonly media: Media;
  readonly onClose: () => void;
}

/** An image as large as the window allows. Until that is loaded, the small one from the list stands in its place. */
export function Lightbox({ media, onClose }: LightboxProps) {
  const words = useWords();
  const { url } = media.original;
  const inlineSize = widthInWindow(media);
  return (
    <Dialog label={media.name} className="lightbox" onClose={onClose}>
      <header className="lightbox__bar">
        <span className="lightbox__name">{media.name}</span>
        <a className="icon-button" href={url} target="_blank" rel="noopener noreferrer" aria-label={words.room.message.openInTab}>
          <Icon name="open" />
        </a>
        <button type="button" className="icon-button" aria-label={words.shell.close} onClick={onClose}>
          <Icon name="close" />
        </button>
      </header>
      <div className="lightbox__stack">
        <MediaImage media={media} sizes={widthInList(media)} alt="" className="lightbox__image" style={{ inlineSize }} />
        <MediaImage
          media={{ ...media, hash: null }}
          sizes={inlineSize}
          alt={media.name}
          src={url}
          className="lightbox__image"
          style={{ inlineSize }}
          testId="original"
        />
      </div>
    </Dialog>
  );
}
