/**
 * AGENT Chat's client: `Chat` for programs, and what it tells and throws. The parts it is made of have modules of their own
 * (`@agent-chat/client/connection`, `…/room`, `…/outbox`): a page takes those.
 */

export type { MessageChange } from "./changes.ts";
export { Chat, type ChatOptions, type Credentials, type SubscribeOptions, type UploadOptions } from "./chat.ts";
export type { ConnectionStatus, Phase, Way } from "./connection.ts";
export { ChatError, CommandRefused, ConnectionLost, FileRejected, ReplyTimeout, RequestFailed, SessionEnded } from "./errors.ts";
export type * from "./frames.generated.ts";
export type { OutgoingMessage } from "./outbox.ts";
export type { OutboxStore } from "./outboxStore.ts";
