/** The stage that this page belongs to. */

import { Stage } from "@agent-chat/client/stage";

export const STAGE = new Stage();
