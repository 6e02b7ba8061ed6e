/**
 * The wallets in this browser: found by EIP-6963, where several announce themselves, or where an older one put itself
 * (`window.ethereum`); asked by EIP-1193.
 */

import { list, ShapeError, text } from "@agent-chat/client/shape";
import type { Session } from "@agent-chat/client/stage";

import { STAGE } from "../state/stage";
import { checksummed, hexOf, siweMessage } from "./siwe";
import { WalletError } from "./walletError";

export interface Provider {
  readonly request: (call: { readonly method: string; readonly params?: readonly unknown[] }) => Promise<unknown>;
  readonly on?: (event: string, listener: (value: unknown) => void) => void;
  readonly removeListener?: (event: string, listener: (value: unknown) => void) => void;
}

export interface Wallet {
  /** The same after a reload. */
  readonly id: string;
  readonly name: string;
  /** A `data:` URL. */
  readonly icon: string | null;
  readonly provider: Provider;
}

/** The name of what says no name. */
const UNNAMED = "window.ethereum";
const USER_REJECTED = 4001;
const UNKNOWN_CHAIN = 4902;
const STATEMENT = "Sign in to the chat. This costs nothing.";

/** Calls `onFound` with all that have announced themselves by then, after each. The answer ends it. */
export function watchWallets(onFound: (wallets: readonly Wallet[]) => void): () => void {
  const found = new Map<string, Wallet>();
  const older = (window as { ethereum?: unknown }).ethereum;
  if (isProvider(older)) found.set(UNNAMED, { id: UNNAMED, name: "", icon: null, provider: older });
  const onAnnounced = (event: Event): void => {
    const wallet = announced((event as CustomEvent<unknown>).detail);
    if (wallet === null) return;
    // What stands there without a name is one of those that announce themselves.
    found.delete(UNNAMED);
    found.set(wallet.id, wallet);
    onFound([...found.values()]);
  };
  window.addEventListener("eip6963:announceProvider", onAnnounced);
  window.dispatchEvent(new Event("eip6963:requestProvider"));
  if (found.has(UNNAMED)) onFound([...found.values()]);
  return () => {
    window.removeEventListener("eip6963:announceProvider", onAnnounced);
  };
}

function announced(detail: unknown): Wallet | null {
  const { info, provider } = (detail ?? {}) as { info?: Record<string, unknown>; provider?: unknown };
  const [id, name, icon] = [info?.["rdns"], info?.["name"], info?.["icon"]];
  if (typeof id !== "string" || typeof name !== "string" || !isProvider(provider)) return null;
  return { id, name, icon: typeof icon === "string" && icon.startsWith("data:image/") ? icon : null, provider };
}

function isProvider(value: unknown): value is Provider {
  return typeof value === "object" && value !== null && typeof (value as Provider).request === "function";
}

/** Signs in with the account that the wallet gives, on its own chain if that is one of `chains`, else on the first. */
export async function signInWith({ id, provider }: Wallet, chains: readonly number[]): Promise<Session> {
  const [address] = accountsOf(await ask(provider, "eth_requestAccounts"));
  if (address === undefined) throw new WalletError("no_account");
  const chain = await chainOf(provider, chains);
  const nonce = await STAGE.createWalletNonce();
  const { host, origin } = window.location;
  const message = siweMessage({ domain: host, origin, address, statement: STATEMENT, chain, nonce, issuedAt: new Date() });
  const signature = text(await ask(provider, "personal_sign", [hexOf(message), address]), "signature");
  return STAGE.createWalletSession(message, signature, id);
}

async function chainOf(provider: Provider, chains: readonly number[]): Promise<number> {
  const current = Number(await ask(provider, "eth_chainId"));
  const [first] = chains;
  if (chains.includes(current) || first === undefined) return current;
  await ask(provider, "wallet_switchEthereumChain", [{ chainId: `0x${first.toString(16)}` }]);
  return first;
}

/** Calls `onLeft` when the wallet no longer gives the account of `user` out: it was switched, or taken from the page. */
export function watchAccount({ provider }: Wallet, user: string, onLeft: () => void): () => void {
  const onChanged = (accounts: unknown): void => {
    const isStill = accountsOf(accounts).some((address) => `eth:${address.toLowerCase()}` === user);
    if (!isStill) onLeft();
  };
  provider.on?.("accountsChanged", onChanged);
  return () => {
    provider.removeListener?.("accountsChanged", onChanged);
  };
}

/** Addresses with the capitals of EIP-55. */
function accountsOf(value: unknown): string[] {
  return list(text)(value, "accounts").filter((address) => /^0x[0-9a-f]{40}$/iu.test(address)).map(checksummed);
}

async function ask(provider: Provider, method: string, params: readonly unknown[] = []): Promise<unknown> {
  try {
    return await provider.request({ method, params });
  } catch (error) {
    if (error instanceof ShapeError) throw error;
    const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
    if (code === USER_REJECTED) throw new WalletError("wallet_rejected");
    if (code === UNKNOWN_CHAIN) throw new WalletError("wallet_chain");
    throw new WalletError("wallet_failed", typeof message === "string" ? message : String(error));
  }
}
