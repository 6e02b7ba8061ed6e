import type { Media } from "../protocol/frames";
import { Dialog } from "./Dialog";
import { Icon } from "./Icon";

interface LightboxProps {
  readonly media: Media;
  readonly onClose: () => void;
}

/** The original of an image, as large as the window allows. */
export function Lightbox({ media, onClose }: LightboxProps) {
  const { url, width, height } = media.original;
  return (
    <Dialog label={media.name} className="lightbox" onClose={onClose}>
      <header className="lightbox__bar">
        <span className="lightbox__name">{media.name}</span>
        <a className="icon-button" href={url} target="_blank" rel="noopener noreferrer" aria-label="Open in a new tab">
          <Icon name="open" />
        </a>
        <button type="button" className="icon-button" aria-label="Close" onClick={onClose}>
          <Icon name="close" />
        </button>
      </header>
      <img className="lightbox__image" data-testid="original" src={url} width={width} height={height} alt={media.name} />
    </Dialog>
  );
}
