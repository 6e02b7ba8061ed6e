/**
 * A session for as long as somebody is signed in: renewed before it runs out where that goes without the person, and
 * ended when their wallet turns to another account. Whoever holds it has the token that is good by then.
 */

import { RequestFailed } from "@agent-chat/client/errors";
import type { Session, SessionSource } from "@agent-chat/client/stage";

import { forgetSession, isRenewable, saveSession } from "./session";
import { STAGE } from "./stage";

/** So long before its end a session is renewed; one that is shorter than two of these, in the middle of its life. */
const RENEW_BEFORE_MS = 60_000;
/** However short the sessions of an issuer are, or however wrong the clock is. */
const LEAST_PAUSE_MS = 1_000;
/** Between two attempts while the issuer can't be reached. */
const RETRY_MS = 10_000;
/** Of a session that the server refuses already, while the issuer can't be reached: five minutes. */
const MOST_ATTEMPTS = 30;
/** Browsers take no longer timers. */
const LONGEST_TIMER_MS = 2_000_000_000;

/** What a window tells the user's others. */
const ERASED = "erased";

/** Why somebody is no longer signed in. */
export type SignedOut = "asked" | "ended" | "wallet" | "erased";

/** `over`: the person has to sign in again. */
type Renewal = "renewed" | "later" | "over";

export class SessionKeeper implements Session {
  #session: Session;
  readonly #onEnded: (why: SignedOut) => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #unwatch: (() => void) | null = null;
  /** The user's windows in this browser; null while this one keeps nothing. */
  #windows: BroadcastChannel | null = null;
  #renewal: Promise<Renewal> | null = null;
  #renewedAtMs = 0;
  #isOver = false;

  constructor(session: Session, onEnded: (why: SignedOut) => void) {
    this.#session = session;
    this.#onEnded = onEnded;
  }

  get token(): string {
    return this.#session.token;
  }

  get user(): Session["user"] {
    return this.#session.user;
  }

  get expiresAtMs(): number {
    return this.#session.expiresAtMs;
  }

  get source(): SessionSource {
    return this.#session.source ?? { kind: "name" };
  }

  /** Keeps the session from here on. The answer ends that, and leaves the session as it is. */
  start(): () => void {
    this.#isOver = false;
    saveSession(this.#session);
    this.#plan();
    void this.#watchWallet();
    this.#watchWindows();
    return () => {
      this.#stop();
    };
  }

  /** The server no longer takes the token. True where there is another one by now, so that it can be asked again. */
  async refused(): Promise<boolean> {
    // A token that is new and refused all the same gets no better by another one.
    const isWorthIt = Date.now() - this.#renewedAtMs > RENEW_BEFORE_MS;
    let outcome: Renewal = isWorthIt ? await this.#renew() : "over";
    for (let attempt = 1; outcome === "later" && attempt < MOST_ATTEMPTS && !this.#isOver; attempt++) {
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      outcome = await this.#renew();
    }
    if (outcome !== "renewed") this.#end("ended");
    return outcome === "renewed";
  }

  /** Ends it, at the issuer too where there is one that says how: then the browser goes there and comes back. */
  async signOut(): Promise<void> {
    const { token, source } = this.#session;
    this.#end("asked");
    if (source?.kind !== "open_id") return;
    const [{ openId }, { endSessionUrl }] = await Promise.all([STAGE.readConfig(), import("../signIn/openId")]);
    const url = openId === null ? null : await endSessionUrl(openId, token);
    if (url !== null) window.location.assign(url);
  }

  /** The account is being erased: nobody stays signed in to it in this browser. */
  endErased(): void {
    this.#windows?.postMessage(ERASED);
    this.#end("erased");
  }

  #plan(delayMs = renewalPauseMs(this.#session.expiresAtMs - Date.now())): void {
    clearTimeout(this.#timer);
    if (this.#isOver || !isRenewable(this.#session)) return;
    this.#timer = setTimeout(() => void this.#renew(), Math.min(LONGEST_TIMER_MS, Math.max(LEAST_PAUSE_MS, delayMs)));
  }

  /** One at a time. */
  #renew(): Promise<Renewal> {
    this.#renewal ??= this.#askIssuer().finally(() => {
      this.#renewal = null;
    });
    return this.#renewal;
  }

  async #askIssuer(): Promise<Renewal> {
    const { source } = this.#session;
    if (source?.kind !== "open_id" || source.refreshToken === null) return "over";
    try {
      const [{ openId }, { renew }] = await Promise.all([STAGE.readConfig(), import("../signIn/openId")]);
      if (openId === null) return "over";
      const renewed = await renew(openId, source.refreshToken);
      if (this.#isOver || renewed.user.id !== this.user.id) return "over";
      this.#session = renewed;
      this.#renewedAtMs = Date.now();
      saveSession(renewed);
      this.#plan();
      return "renewed";
    } catch (error) {
      console.warn("the session could not be renewed:", error);
      if (!(error instanceof RequestFailed && error.temporary)) return "over";
      this.#plan(RETRY_MS);
      return "later";
    }
  }

  async #watchWallet(): Promise<void> {
    const { source, user } = this.#session;
    if (source?.kind !== "wallet") return;
    const { watchAccount, watchWallets } = await import("../signIn/wallets");
    if (this.#isOver) return;
    let unwatchAccount: (() => void) | null = null;
    const unwatchWallets = watchWallets((wallets) => {
      const wallet = wallets.find((it) => it.id === source.wallet);
      if (wallet === undefined || unwatchAccount !== null) return;
      unwatchAccount = watchAccount(wallet, user.id, () => {
        this.#end("wallet");
      });
    });
    this.#unwatch = () => {
      unwatchWallets();
      unwatchAccount?.();
    };
  }

  #watchWindows(): void {
    this.#windows = new BroadcastChannel(`agent-chat.account.${this.user.id}`);
    this.#windows.onmessage = ({ data }: MessageEvent<unknown>) => {
      if (data === ERASED) this.#end("erased");
    };
  }

  #end(why: SignedOut): void {
    if (this.#isOver) return;
    this.#stop();
    forgetSession();
    this.#onEnded(why);
  }

  #stop(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#unwatch?.();
    this.#unwatch = null;
    this.#windows?.close();
    this.#windows = null;
  }
}

function renewalPauseMs(leftMs: number): number {
  return Math.max(leftMs - RENEW_BEFORE_MS, leftMs / 2);
}
