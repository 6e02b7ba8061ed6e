/** The endpoints that take a socket's place, without a network: a test sees what was asked and says what is answered. */

import { RequestFailed } from "../src/errors.ts";
import type { ServerEvent } from "../src/frames.ts";
import type { HttpEndpoints } from "../src/httpLine.ts";
import { READY, type SentCommand } from "./socket.ts";

/** A request that waits for its answer, or has it. */
export class FakeRequest<T> {
  readonly answered: Promise<string>;
  readonly asked: T;
  answer!: (text: string) => void;
  fail!: (error: Error) => void;
  isAborted = false;

  constructor(asked: T, signal: AbortSignal) {
    this.asked = asked;
    this.answered = new Promise((resolve, reject) => {
      this.answer = resolve;
      this.fail = reject;
      signal.addEventListener("abort", () => {
        this.isAborted = true;
        reject(new RequestFailed(0, "network", "aborted"));
      });
    });
  }
}

export class FakeHttp implements HttpEndpoints {
  /** Every command but hello. */
  readonly commands: FakeRequest<SentCommand>[] = [];
  /** Every request for events, with the place that it wanted them behind. */
  readonly streams: FakeRequest<string>[] = [];
  /** Null while hello is answered with an ack. */
  helloFails: RequestFailed | null = null;
  hellos = 0;
  ready = READY;

  readonly post: HttpEndpoints["post"] = (frame, signal) => {
    const command = JSON.parse(frame) as SentCommand;
    if (command.action === "hello") {
      this.hellos++;
      return this.helloFails === null ? Promise.resolve(ackOf(command, this.ready)) : Promise.reject(this.helloFails);
    }
    const request = new FakeRequest(command, signal);
    this.commands.push(request);
    return request.answered;
  };

  readonly events: HttpEndpoints["events"] = (place, lastEventId, signal) => {
    const request = new FakeRequest(lastEventId ?? place, signal);
    this.streams.push(request);
    return once(request.answered);
  };

  /** Answers the newest command. */
  acknowledge(result: object): void {
    const { asked, answer } = this.commands.at(-1)!;
    answer(ackOf(asked, result));
  }
}

/** A stage that has none of them. */
export const NO_HTTP: HttpEndpoints = {
  post: () => Promise.reject(new RequestFailed(404, "not_found", "no such endpoint")),
  events: () => once(Promise.reject(new RequestFailed(404, "not_found", "no such endpoint"))),
};

/** An event as the stream has it. */
export function eventText(id: string, frame: ServerEvent): string {
  return `id: ${id}\nevent: ${frame.type}\ndata: ${JSON.stringify(frame)}\n\n`;
}

function ackOf({ id, action }: SentCommand, result: object): string {
  return JSON.stringify({ type: "ack", id, action, result });
}

async function* once(text: Promise<string>): AsyncGenerator<string> {
  yield await text;
}
