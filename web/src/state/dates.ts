/** Where in a room's log a moment is. The server looks up numbers only, so it is closed in on. */

import type { Connection } from "@agent-chat/client/connection";
import { ConnectionLost } from "@agent-chat/client/errors";

/**
 * The number of the first message at or after a moment; of the newest where there is none.
 *
 * Numbers and times grow together. Asks for one message about log2(`lastSeq`) times: 17 for 100,000. Rejects as
 * `Connection.request` does.
 */
export async function firstSince(connection: Pick<Connection, "request">, room: string, lastSeq: number, atMs: number): Promise<number> {
  let low = 1;
  let high = lastSeq;
  while (low < high) {
    const middle = (low + high) >> 1;
    const { messages } = await connection.request("history", { room, after: middle - 1, limit: 1 });
    const found = messages[0];
    if (found === undefined) throw new ConnectionLost(); // the log has shrunk meanwhile
    if (found.sent_at_ms >= atMs) high = middle;
    else low = found.seq + 1;
  }
  return Math.min(low, lastSeq);
}
