import type { Session, SiteConfig } from "@agent-chat/client/stage";
import { lazy, Suspense, useEffect, useRef, useState } from "react";

import { Failure } from "../components/Failure";
import { ColoursPicker, LanguagePicker } from "../components/PreferencePicker";
import { useWords } from "../hooks/useWords";
import { isReturning } from "../signIn/returning";
import type { SignedOut } from "../state/sessionKeeper";
import { STAGE } from "../state/stage";

const OpenIdSignIn = lazy(() => import("./OpenIdSignIn"));
const WalletSignIn = lazy(() => import("./WalletSignIn"));

const MAX_NAME_CHARS = 40;

export interface SignInWay {
  readonly onSignedIn: (session: Session) => void;
}

interface SignInProps extends SignInWay {
  /** How the person came to be signed out. */
  readonly why: SignedOut;
  /** Loads what is shown next, where that is not there yet. */
  readonly preload?: () => Promise<unknown>;
}

/** The ways to sign in that the stage has: a name or an issuer, and wallets beside either. */
export function SignIn({ why, onSignedIn, preload }: SignInProps) {
  const { shell, signIn } = useWords();
  const config = useConfig();
  // Where the browser comes from shows only once it is known how people sign in here.
  const isComingBack = config === undefined && isReturning();
  useEffect(() => {
    preload?.().catch((error: unknown) => {
      console.warn("the chat could not be loaded ahead:", error); // it is loaded again when it is needed
    });
  }, [preload]);
  return (
    <main className="sign-in">
      <div className="sign-in__card">
        <img className="sign-in__mark" src="/icon.svg" width={52} height={52} alt="" />
        <h1>{shell.brand}</h1>
        <p className="sign-in__lead">{signIn.lead}</p>
        {why !== "asked" && (
          <p className="form__failure" role="status">
            {signIn.signedOut[why]}
          </p>
        )}
        {isComingBack && <p role="status">{signIn.openIdReturning}</p>}
        {config?.openId && (
          <Suspense>
            <OpenIdSignIn client={config.openId} onSignedIn={onSignedIn} />
          </Suspense>
        )}
        {!config?.openId && !isComingBack && <NameForm onSignedIn={onSignedIn} />}
        {config && config.walletChains.length > 0 && (
          <Suspense>
            <p className="sign-in__or">{signIn.or}</p>
            <WalletSignIn chains={config.walletChains} onSignedIn={onSignedIn} />
          </Suspense>
        )}
      </div>
      <div className="sign-in__preferences">
        <LanguagePicker isQuiet />
        <ColoursPicker isQuiet />
      </div>
    </main>
  );
}

function NameForm({ onSignedIn }: SignInWay) {
  const words = useWords();
  const [name, setName] = useState("");
  const [isBusy, setIsBusy] = useState(false);
  const [failure, setFailure] = useState<unknown>(null);
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => input.current?.focus(), []);

  const signIn = async (): Promise<void> => {
    setIsBusy(true);
    setFailure(null);
    try {
      onSignedIn(await STAGE.createSession(name.trim()));
    } catch (error) {
      setFailure(error);
      setIsBusy(false);
    }
  };

  return (
    <form
      className="form"
      onSubmit={(event) => {
        event.preventDefault();
        void signIn();
      }}
    >
      <label className="field">
        <span className="field__label">{words.signIn.name}</span>
        <input
          ref={input}
          className="input input--large"
          data-testid="sign-in-name"
          name="name"
          value={name}
          maxLength={MAX_NAME_CHARS}
          autoComplete="nickname"
          placeholder={words.signIn.namePlaceholder}
          onChange={(event) => {
            setName(event.target.value);
          }}
        />
      </label>
      <Failure error={failure} />
      <button
        type="submit"
        className="button button--primary button--large"
        data-testid="sign-in-button"
        disabled={isBusy || name.trim() === ""}
      >
        {isBusy ? words.signIn.submitting : words.signIn.submit}
      </button>
    </form>
  );
}

/** Undefined until it is known, null where it can't be had: then the form is shown, whose own answer says what is wrong. */
function useConfig(): SiteConfig | null | undefined {
  const [config, setConfig] = useState<SiteConfig | null>();
  useEffect(() => {
    let isCurrent = true;
    STAGE.readConfig().then(
      (it) => {
        if (isCurrent) setConfig(it);
      },
      (error: unknown) => {
        console.warn("the site's configuration could not be read:", error);
        if (isCurrent) setConfig(null);
      },
    );
    return () => {
      isCurrent = false;
    };
  }, []);
  return config;
}
