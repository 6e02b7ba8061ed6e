/** How an open room is followed: live, or where it is too large for that, by its tail. Begins and ends what polls it. */

import type { Message, RoomPace, Tail } from "./frames.ts";
import type { Gap } from "./log.ts";
import { type TailDocuments, TailFollower, type TailReader } from "./tail.ts";

export class RoomTail {
  readonly #documents: TailDocuments;
  readonly #reader: TailReader;
  readonly #onFollowed: (isTailed: boolean) => void;
  #follower: TailFollower | null = null;
  #pacedAtMs = 0;

  /** `onFollowed` is told of each change between the two ways. */
  constructor(documents: TailDocuments, reader: TailReader, onFollowed: (isTailed: boolean) => void) {
    this.#documents = documents;
    this.#reader = reader;
    this.#onFollowed = onFollowed;
  }

  /** Whether there is nothing to ask for that the tail does not bring. */
  get isHealthy(): boolean {
    return this.#follower?.isHealthy ?? false;
  }

  /** False for what another announcement has overtaken on the way. */
  isNews({ as_of_ms }: RoomPace): boolean {
    if (as_of_ms < this.#pacedAtMs) return false;
    this.#pacedAtMs = as_of_ms;
    return true;
  }

  /** The room is followed by this tail from now on, or with null live. */
  follow(tail: Tail | null): void {
    this.#onFollowed(tail !== null);
    if (tail === null) this.#follower?.finish();
    else if (this.#follower !== null && !this.#follower.isClosed) this.#follower.renew(tail);
    else this.#follower = new TailFollower(this.#documents, this.#reader, tail);
  }

  /** Messages of a gap, as far as the tail has them; null where they can't be had from it. */
  async fetch(gap: Gap): Promise<Message[] | null> {
    return (await this.#follower?.fetch(gap)) ?? null;
  }

  /** Nobody looks any more. */
  end(): void {
    this.#follower?.close();
    this.#follower = null;
    this.#onFollowed(false);
  }
}
