import { ChatError } from "@agent-chat/client/errors";

/** A wallet did not do what it was asked. `message` has its own words for `wallet_failed`. */
export class WalletError extends ChatError {
  override readonly name = "WalletError";
  readonly code: "no_account" | "wallet_rejected" | "wallet_chain" | "wallet_failed";
  readonly temporary = true;

  constructor(code: WalletError["code"], reason = "") {
    super(reason);
    this.code = code;
  }
}
