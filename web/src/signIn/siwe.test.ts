import { describe, expect, it } from "vitest";

import { checksummed, hexOf, siweMessage } from "./siwe";

describe("an address", () => {
  // The examples of EIP-55.
  it.each([
    "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
    "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
    "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
    "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
  ])("has the capitals of its checksum: %s", (address) => {
    expect(checksummed(address.toLowerCase())).toBe(address);
  });
});

describe("what a wallet shows", () => {
  it("is the message of EIP-4361, line by line", () => {
    const address = "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed";
    const asked = { domain: "chat.example", origin: "https://chat.example", address, statement: "Sign in.", chain: 1 };
    expect(siweMessage({ ...asked, nonce: "abc12345", issuedAt: new Date("2026-11-26T12:00:00Z") })).toBe(
      `chat.example wants you to sign in with your Ethereum account:
0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed

Sign in.

URI: https://chat.example
Version: 1
Chain ID: 1
Nonce: abc12345
Issued At: 2026-11-26T12:00:00.000Z`,
    );
  });

  it("is handed over in hexadecimal, whatever letters it has", () => {
    expect(hexOf("é!")).toBe("0xc3a921");
  });
});
