import { useEffect, useState } from "react";

import { Failure } from "../components/Failure";
import { useWords } from "../hooks/useWords";
import { signInWith, type Wallet, watchWallets } from "../signIn/wallets";
import type { SignInWay } from "./SignIn";

/** A button for each wallet in this browser. */
export default function WalletSignIn({ chains, onSignedIn }: SignInWay & { readonly chains: readonly number[] }) {
  const { signIn } = useWords();
  const [wallets, setWallets] = useState<readonly Wallet[]>([]);
  const [asked, setAsked] = useState<string | null>(null);
  const [failure, setFailure] = useState<unknown>(null);
  useEffect(() => watchWallets(setWallets), []);

  const ask = async (wallet: Wallet): Promise<void> => {
    setAsked(wallet.id);
    setFailure(null);
    try {
      onSignedIn(await signInWith(wallet, chains));
    } catch (error) {
      setFailure(error);
      setAsked(null);
    }
  };

  if (wallets.length === 0) return <p className="field__hint">{signIn.walletNone}</p>;
  return (
    <div className="form">
      <Failure error={failure} />
      {wallets.map((wallet) => (
        <button
          key={wallet.id}
          type="button"
          className="button button--large sign-in__wallet"
          data-testid="sign-in-wallet"
          data-wallet={wallet.id}
          disabled={asked !== null}
          onClick={() => void ask(wallet)}
        >
          {wallet.icon !== null && <img src={wallet.icon} width={24} height={24} alt="" />}
          {asked === wallet.id ? signIn.walletBusy : signIn.wallet(wallet.name || signIn.walletUnnamed)}
        </button>
      ))}
    </div>
  );
}
