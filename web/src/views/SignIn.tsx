import { useEffect, useRef, useState } from "react";

import { useWords } from "../hooks/useWords";
import { createSession, readConfig, type Session, type SiteConfig } from "../protocol/api";
import { explain } from "../state/wording";

const MAX_NAME_CHARS = 40;

interface SignInProps {
  /** The person was signed in until their session ended. */
  readonly hasEnded: boolean;
  readonly onSignedIn: (session: Session) => void;
}

export function SignIn({ hasEnded, onSignedIn }: SignInProps) {
  const { shell, signIn } = useWords();
  const config = useConfig();
  return (
    <main className="sign-in">
      <div className="sign-in__card">
        <img className="sign-in__mark" src="/icon.svg" width={52} height={52} alt="" />
        <h1>{shell.brand}</h1>
        <p className="sign-in__lead">{signIn.lead}</p>
        {hasEnded && (
          <p className="form__failure" role="status">
            {signIn.sessionEnded}
          </p>
        )}
        {config?.signIn === "oidc" ? (
          <p role="alert">{signIn.oidcMissing}</p>
        ) : (
          <NameForm onSignedIn={onSignedIn} />
        )}
      </div>
    </main>
  );
}

function NameForm({ onSignedIn }: Pick<SignInProps, "onSignedIn">) {
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
      onSignedIn(await createSession(name.trim()));
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
      {failure !== null && (
        <p className="form__failure" role="alert">
          {explain(words, failure)}
        </p>
      )}
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

/** Null until it is known, and where it can't be had: then the form is shown, whose own answer says what is wrong. */
function useConfig(): SiteConfig | null {
  const [config, setConfig] = useState<SiteConfig | null>(null);
  useEffect(() => {
    let isCurrent = true;
    readConfig().then(
      (it) => {
        if (isCurrent) setConfig(it);
      },
      (error: unknown) => {
        console.warn("the site's configuration could not be read:", error);
      },
    );
    return () => {
      isCurrent = false;
    };
  }, []);
  return config;
}
