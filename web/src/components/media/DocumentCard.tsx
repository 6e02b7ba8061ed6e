import type { Media } from "@agent-chat/client/frames";

import { useWords } from "../../hooks/useWords";
import { Icon } from "../Icon";
import { MediaImage } from "../MediaImage";

/** How wide the first page is in the list. */
const PREVIEW_WIDTH = "88px";

/** A document in the list: its first page or lines, what it is, and a link that saves it under its name. It opens in no page of ours. */
export function DocumentCard({ media }: { readonly media: Media }) {
  const words = useWords().room.message;
  const [file] = media.files;
  return (
    <a className="document" data-testid="document" href={file?.url} download={media.name}>
      <MediaImage media={media} sizes={PREVIEW_WIDTH} alt="" className="document__page" style={{ inlineSize: PREVIEW_WIDTH }} />
      <span className="document__about">
        <span className="visually-hidden">{words.save}</span> <span className="document__name">{media.name}</span>{" "}
        <span className="document__size">{media.pages === null ? words.plainText : words.pages(media.pages)}</span>
      </span>
      <Icon name="save" />
    </a>
  );
}
