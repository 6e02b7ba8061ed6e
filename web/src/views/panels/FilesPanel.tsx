import { type ReactNode, type UIEvent, useEffect, useState } from "react";

import { Icon } from "../../components/Icon";
import { MediaContent } from "../../components/media/MediaContent";
import { MediaImage } from "../../components/MediaImage";
import { PanelFrame } from "../../components/PanelFrame";
import { useMessageActions } from "../../hooks/useMessageActions";
import { useStore } from "../../hooks/useStore";
import { useWords } from "../../hooks/useWords";
import type { Conversation } from "../../state/conversation";
import { byLook, filesOf, type Shown } from "../../state/roomFiles";
import { explain } from "../../state/wording";

/** How near the end, in CSS pixels, the next page is fetched. */
const NEAR_END_PX = 400;
/** How wide a tile is: a third of the panel at its widest. */
const TILE_WIDTH = "130px";

interface FilesPanelProps {
  readonly talk: Conversation;
  readonly onJump: (seq: number) => void;
  readonly onClose: () => void;
}

/** What the room was sent: pictures and videos as tiles, sounds and documents below each other. */
export function FilesPanel({ talk, onJump, onClose }: FilesPanelProps) {
  const words = useWords();
  const [pages] = useState(() => filesOf(talk.connection, talk.room.id));
  const view = useStore(pages.view);
  useEffect(() => {
    void pages.more();
    return talk.room.watch({
      onMessages: (messages) => {
        pages.add(messages.filter(({ media }) => media !== null));
      },
      onChange: (change) => {
        pages.change(change);
      },
    });
  }, [talk, pages]);
  const { seen, others } = byLook(view);
  const goesOn = view.before !== null && view.phase === "idle";
  const onScroll = ({ currentTarget: box }: UIEvent): void => {
    if (goesOn && box.scrollHeight - box.scrollTop - box.clientHeight < NEAR_END_PX) void pages.more();
  };
  return (
    <PanelFrame title={words.files.title} testId="files-panel" onClose={onClose}>
      <div className="panel__body" onScroll={onScroll}>
        <p className="panel__note" role="status">
          {view.phase === "looking" && words.messages.loading}
          {view.phase === "idle" && view.before === null && seen.length + others.length === 0 && words.files.none}
          {view.phase === "failed" && explain(words, view.failure)}
        </p>
        {seen.length > 0 && (
          <ul className="tiles" aria-label={words.files.seen}>
            {seen.map((it) => (
              <Tile key={it.seq} shown={it} onJump={onJump} />
            ))}
          </ul>
        )}
        {others.length > 0 && (
          <ul className="files" aria-label={words.files.others}>
            {others.map((it) => (
              <FileItem key={it.seq} shown={it} onJump={onJump} />
            ))}
          </ul>
        )}
        {(goesOn || view.phase === "failed") && (
          <button type="button" className="text-button panel__more" onClick={() => void pages.more()}>
            {view.phase === "failed" ? words.shell.tryAgain : words.files.more}
          </button>
        )}
      </div>
    </PanelFrame>
  );
}

interface ShownProps {
  readonly shown: Shown;
  readonly onJump: (seq: number) => void;
}

/** A picture opens in full; a video is played where it was sent. */
function Tile({ shown, onJump }: ShownProps) {
  const words = useWords();
  const { openImage } = useMessageActions();
  const { media, seq } = shown;
  const isVideo = media.kind === "video";
  return (
    <li className="tile" data-testid="file" data-seq={seq}>
      <button
        type="button"
        className="tile__open"
        aria-label={isVideo ? words.room.message.video(media.name) : words.room.message.openImage(media.name)}
        onClick={() => {
          if (isVideo) onJump(seq);
          else openImage(media);
        }}
      >
        <MediaImage media={media} sizes={TILE_WIDTH} alt="" className="tile__image" style={{ aspectRatio: "1" }} />
        {isVideo && (
          <span className="tile__kind">
            <Icon name="play" />
          </span>
        )}
      </button>
      <Where shown={shown} onJump={onJump} />
    </li>
  );
}

function FileItem({ shown, onJump }: ShownProps) {
  const { openImage } = useMessageActions();
  const { media, author, seq } = shown;
  return (
    <li className="files__item" data-testid="file" data-seq={seq}>
      <MediaContent media={media} onOpenImage={openImage} />
      <Where shown={shown} onJump={onJump}>
        {author},{" "}
      </Where>
    </li>
  );
}

/** Who sent it and when; leads to the message. */
function Where({ shown: { seq, author, atMs, media }, onJump, children }: ShownProps & { readonly children?: ReactNode }) {
  const words = useWords();
  return (
    <button
      type="button"
      className="text-button tile__where"
      data-testid="file-message"
      onClick={() => {
        onJump(seq);
      }}
    >
      <span className="visually-hidden">{words.files.show(media.name, author, words.formats.preciseTime(atMs))}</span> {children}
      <time dateTime={new Date(atMs).toISOString()}>{words.formats.briefTime(atMs)}</time>
    </button>
  );
}
