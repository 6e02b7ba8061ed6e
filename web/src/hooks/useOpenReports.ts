import type { Conversation } from "../state/conversation";
import { REPORTS_EVERY_MS } from "../state/reports";
import { useReadAgain } from "./useReadAgain";
import { useStore } from "./useStore";

/** How many messages of the room wait for a moderator, kept up to date while one looks; 0 for anybody else. */
export function useOpenReports(talk: Conversation, isLeader: boolean): number {
  const { reported } = useStore(talk.reports.view);
  useReadAgain(talk, talk.reports, REPORTS_EVERY_MS, isLeader);
  return reported?.length ?? 0;
}
