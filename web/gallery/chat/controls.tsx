/** What is small and used everywhere. */

import type { ConnectionStatus, Phase } from "@agent-chat/client/connection";
import { type ReactNode, type RefObject, useRef } from "react";

import { AlertLevelPicker } from "../../src/components/AlertLevelPicker";
import { Announcer } from "../../src/components/Announcer";
import { Avatar } from "../../src/components/Avatar";
import { ConfirmDialog } from "../../src/components/ConfirmDialog";
import { ConnectionBanner, ConnectionDot } from "../../src/components/ConnectionState";
import { DatePicker } from "../../src/components/DatePicker";
import { Dialog } from "../../src/components/Dialog";
import { EmojiPicker } from "../../src/components/EmojiPicker";
import { Failure } from "../../src/components/Failure";
import { Icon, ICON_NAMES } from "../../src/components/Icon";
import { IconButton } from "../../src/components/IconButton";
import { MentionList } from "../../src/components/MentionList";
import { Menu, type MenuItem } from "../../src/components/Menu";
import { PanelFrame } from "../../src/components/PanelFrame";
import { Popover } from "../../src/components/Popover";
import { ColoursPicker, LanguagePicker } from "../../src/components/PreferencePicker";
import { PresenceMark } from "../../src/components/PresenceMark";
import { Told } from "../../src/components/Told";
import { CROWD, ENDLESS, GRACE, messageOf, MUTED } from "../samples";
import type { Specimens } from "../specimens";
import { Later } from "./Later";
import { Hers, nothing } from "./ada";

const OFFLINE: ConnectionStatus = { phase: "waiting", way: "socket", offlineSinceMs: 0 };

const ITEMS: readonly MenuItem[] = [
  { name: "reply", label: "Reply", icon: "reply", onPick: nothing },
  { name: "copy-text", label: "Copy text", icon: "copy", onPick: nothing },
  { name: "delete", label: "Delete", icon: "trash", isDangerous: true, onPick: nothing },
];

/** Something that opens beside something else. */
function Anchored({ children }: { readonly children: (anchor: RefObject<HTMLElement | null>) => ReactNode }) {
  const anchor = useRef<HTMLDivElement>(null);
  return (
    <>
      <div ref={anchor} className="specimen__anchor" />
      {children(anchor)}
    </>
  );
}

function dot(phase: Phase, way: ConnectionStatus["way"] = "socket"): ReactNode {
  return <ConnectionDot status={{ phase, way, offlineSinceMs: null }} />;
}

export const CONTROLS: Specimens = {
  "components/AlertLevelPicker": { states: { "of a room": <Hers><AlertLevelPicker room="general" kind="public" /></Hers> } },
  "components/Announcer": {
    states: { "says what was said": <Later first={null} then={messageOf(1)}>{(heard) => <Announcer heard={heard} />}</Later> },
  },
  "components/Avatar": {
    states: {
      "people of all hues": (
        <p className="specimen__row">
          {CROWD.map(({ id, name }) => (
            <Avatar key={id} id={id} name={name} />
          ))}
        </p>
      ),
      "a room": <Avatar id="general" name="General affairs" shape="room" />,
      "no letters": <Avatar id="?" name="" />,
    },
  },
  "components/ConfirmDialog": {
    covers: true,
    states: {
      "something grave": (
        <ConfirmDialog title="Delete this message?" text="It can't be undone." confirm="Delete" testId="sure" onConfirm={nothing} onClose={nothing}>
          <blockquote className="excerpt">The plan for Thursday</blockquote>
        </ConfirmDialog>
      ),
    },
  },
  "components/ConnectionState": {
    states: {
      online: dot("online"),
      "online without a socket": dot("online", "http"),
      connecting: dot("connecting"),
      waiting: dot("waiting"),
      refused: dot("refused"),
      stopped: dot("stopped"),
      "a banner while waiting": <ConnectionBanner status={OFFLINE} onRetry={nothing} />,
      "a banner while trying": <ConnectionBanner status={{ ...OFFLINE, phase: "connecting" }} onRetry={nothing} />,
    },
  },
  "components/DatePicker": { states: { "a button": <DatePicker onPick={nothing} /> } },
  "components/Dialog": {
    covers: true,
    states: {
      "a form": (
        <Dialog label="A dialog" className="form-dialog" onClose={nothing}>
          <form className="form">
            <h2>A dialog</h2>
            <label className="field">
              <span className="field__label">Name</span>
              <input className="input" defaultValue="General" />
            </label>
            <p className="form__failure" role="alert">
              There is a room of this name.
            </p>
            <div className="form__actions">
              <button type="button" className="button">
                Cancel
              </button>
              <button type="button" className="button button--primary">
                Create
              </button>
            </div>
          </form>
        </Dialog>
      ),
    },
  },
  "components/EmojiPicker": {
    covers: true,
    states: { open: <Anchored>{(anchor) => <EmojiPicker anchor={anchor} onPick={nothing} onClose={nothing} />}</Anchored> },
  },
  "components/Failure": {
    states: {
      "the reason alone": <Failure error={MUTED} />,
      "in a sentence": <Failure error={MUTED} say={(reason) => `Your message was not sent. ${reason}`} />,
    },
  },
  "components/Icon": {
    states: {
      all: (
        <p className="specimen__row">
          {ICON_NAMES.map((name) => (
            <Icon key={name} name={name} />
          ))}
        </p>
      ),
    },
  },
  "components/IconButton": { states: { "with its name": <IconButton icon="search" label="Search" onClick={nothing} /> } },
  "components/MentionList": {
    states: {
      "the second is chosen": (
        <div className="specimen__below">
          <MentionList id="people" users={CROWD.slice(0, 4)} chosen={1} onTake={nothing} />
        </div>
      ),
    },
  },
  "components/Menu": {
    covers: true,
    states: { open: <Anchored>{(anchor) => <Menu anchor={anchor} label="Actions" items={ITEMS} onClose={nothing} />}</Anchored> },
  },
  "components/PanelFrame": {
    states: {
      "with a note": (
        <div className="specimen__beside">
          <PanelFrame title="Pinned messages" testId="panel" onClose={nothing}>
            <div className="panel__body">
              <p className="panel__note">Nothing is pinned.</p>
            </div>
          </PanelFrame>
        </div>
      ),
    },
  },
  "components/Popover": {
    covers: true,
    states: {
      "beside its anchor": (
        <Anchored>
          {(anchor) => (
            <Popover anchor={anchor} label="A popover" role="dialog" className="menu" onClose={nothing}>
              <p>Something small over the page</p>
            </Popover>
          )}
        </Anchored>
      ),
    },
  },
  "components/PreferencePicker": {
    states: { language: <LanguagePicker />, colours: <ColoursPicker />, "where it is beside the point": <LanguagePicker isQuiet /> },
  },
  "components/PresenceMark": {
    states: {
      there: (
        <p>
          <PresenceMark isOnline /> Online
        </p>
      ),
      "not there": (
        <p>
          <PresenceMark isOnline={false} /> Offline
        </p>
      ),
    },
  },
  "components/Told": {
    states: {
      "short words": <Told told="The link was copied." tell={nothing} />,
      "many words": <Told told={`${GRACE.name} could not be invited: ${ENDLESS}`} tell={nothing} />,
    },
  },
};
