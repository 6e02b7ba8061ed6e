/** The message of EIP-4361 that a wallet shows and signs, and addresses as it has to write them. Pure. */

import { keccak_256 } from "@noble/hashes/sha3.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";

export interface Statement {
  /** `location.host` of the page that asks. */
  readonly domain: string;
  readonly origin: string;
  readonly address: string;
  /** What the person reads first: plain characters of ASCII. */
  readonly statement: string;
  readonly chain: number;
  readonly nonce: string;
  readonly issuedAt: Date;
}

export function siweMessage({ domain, origin, address, statement, chain, nonce, issuedAt }: Statement): string {
  return [
    `${domain} wants you to sign in with your Ethereum account:`,
    checksummed(address),
    "",
    statement,
    "",
    `URI: ${origin}`,
    "Version: 1",
    `Chain ID: ${chain}`,
    `Nonce: ${nonce}`,
    `Issued At: ${issuedAt.toISOString()}`,
  ].join("\n");
}

/** An address with the capitals of EIP-55. */
export function checksummed(address: string): string {
  const digits = address.slice(2).toLowerCase();
  const hash = bytesToHex(keccak_256(utf8ToBytes(digits)));
  const marked = Array.from(digits, (digit, index) => (Number.parseInt(hash.charAt(index), 16) >= 8 ? digit.toUpperCase() : digit));
  return `0x${marked.join("")}`;
}

/** A text as wallets take what they are to sign. */
export function hexOf(text: string): string {
  return `0x${bytesToHex(utf8ToBytes(text))}`;
}
