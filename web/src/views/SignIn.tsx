import { useEffect, useRef, useState } from "react";

import { createSession, readConfig, type Session, type SiteConfig } from "../protocol/api";
import { explain } from "../state/wording";

const MAX_NAME_CHARS = 40;

interface SignInProps {
  /** Why the person is here again, where they were signed in before. */
  readonly notice: string | null;
  readonly onSignedIn: (session: Session) => void;
}

export function SignIn({ notice, onSignedIn }: SignInProps) {
  const config = useConfig();
  return (
    <main className="sign-in">
      <div className="sign-in__card">
        <img className="sign-in__mark" src="/icon.svg" width={52} height={52} alt="" />
        <h1>AGENT Chat</h1>
        <p className="sign-in__lead">Rooms for people who work together.</p>
        {notice !== null && (
          <p className="form__failure" role="status">
            {notice}
          </p>
        )}
        {config?.signIn === "oidc" ? (
          <p role="alert">This site signs in through its own identity provider, which this version of the page can’t do yet.</p>
        ) : (
          <NameForm onSignedIn={onSignedIn} />
        )}
      </div>
    </main>
  );
}

function NameForm({ onSignedIn }: Pick<SignInProps, "onSignedIn">) {
  const [name, setName] = useState("");
  const [isBusy, setIsBusy] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => input.current?.focus(), []);

  const signIn = async (): Promise<void> => {
    setIsBusy(true);
    setFailure(null);
    try {
      onSignedIn(await createSession(name.trim()));
    } catch (error) {
      setFailure(explain(error));
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
        <span className="field__label">Your name</span>
        <input
          ref={input}
          className="input input--large"
          data-testid="sign-in-name"
          name="name"
          value={name}
          maxLength={MAX_NAME_CHARS}
          autoComplete="nickname"
          placeholder="Ada"
          onChange={(event) => {
            setName(event.target.value);
          }}
        />
      </label>
      {failure !== null && (
        <p className="form__failure" role="alert">
          {failure}
        </p>
      )}
      <button
        type="submit"
        className="button button--primary button--large"
        data-testid="sign-in-button"
        disabled={isBusy || name.trim() === ""}
      >
        {isBusy ? "Signing in …" : "Sign in"}
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
