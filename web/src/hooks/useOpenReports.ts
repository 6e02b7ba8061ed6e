import { useEffect } from "react";

import type { Conversation } from "../state/conversation";
import { REPORTS_EVERY_MS } from "../state/reports";
import { useStore } from "./useStore";

/** How many messages of the room wait for a moderator, kept up to date while one looks; 0 for anybody else. */
export function useOpenReports({ room, reports, connection }: Conversation, isLeader: boolean): number {
  const { reported } = useStore(reports.view);
  useEffect(() => {
    if (!isLeader) return undefined;
    const load = (): void => {
      if (document.visibilityState === "visible" && connection.online) void reports.load();
    };
    load();
    const timer = setInterval(load, REPORTS_EVERY_MS);
    const unwatch = room.watch({ onEntered: load });
    return () => {
      clearInterval(timer);
      unwatch();
      reports.clear();
    };
  }, [room, reports, connection, isLeader]);
  return reported?.length ?? 0;
}
