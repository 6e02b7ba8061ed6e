/** What opens beside a room's messages, or over them. */

import type { ReactNode } from "react";

import type { Asked } from "../../src/hooks/useRoomActions";
import { AskedDialog } from "../../src/views/panels/AskedDialog";
import { FilesPanel } from "../../src/views/panels/FilesPanel";
import { PeoplePanel } from "../../src/views/panels/PeoplePanel";
import { PinsPanel } from "../../src/views/panels/PinsPanel";
import { ReportsPanel } from "../../src/views/panels/ReportsPanel";
import { SearchPanel } from "../../src/views/panels/SearchPanel";
import { SettingsPanel } from "../../src/views/panels/SettingsPanel";
import { ThreadPanel } from "../../src/views/panels/ThreadPanel";
import { messageOf } from "../samples";
import type { Specimens } from "../specimens";
import { nothing, talk } from "./ada";

function beside(panel: ReactNode): ReactNode {
  return <div className="specimen__beside">{panel}</div>;
}

function asked(kind: Asked["kind"]): ReactNode {
  return <AskedDialog talk={talk} asked={{ kind, message: messageOf(5) }} onTold={nothing} onClose={nothing} />;
}

export const PANELS: Specimens = {
  "views/panels/AskedDialog": {
    covers: true,
    states: { "before a message is deleted": asked("remove"), "a report": asked("report"), "who read it": asked("inspect") },
  },
  "views/panels/FilesPanel": { states: { "one image": beside(<FilesPanel talk={talk} onJump={nothing} onClose={nothing} />) } },
  "views/panels/PeoplePanel": { states: { "of the room": beside(<PeoplePanel talk={talk} entry={null} presence={null} onClose={nothing} />) } },
  "views/panels/PinsPanel": { states: { "one pin": beside(<PinsPanel talk={talk} onJump={nothing} onClose={nothing} />) } },
  "views/panels/ReportsPanel": { states: { "of the room": beside(<ReportsPanel talk={talk} onJump={nothing} onClose={nothing} />) } },
  "views/panels/SearchPanel": { states: { "before a search": beside(<SearchPanel talk={talk} onJump={nothing} onClose={nothing} />) } },
  "views/panels/SettingsPanel": { states: { "of the room": beside(<SettingsPanel talk={talk} entry={null} onClose={nothing} />) } },
  "views/panels/ThreadPanel": { states: { "two answers": beside(<ThreadPanel talk={talk} root={1} edited={null} onClose={nothing} />) } },
};
