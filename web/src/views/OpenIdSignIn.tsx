import type { OpenIdClient } from "@agent-chat/client/stage";
import { useEffect, useRef, useState } from "react";

import { Failure } from "../components/Failure";
import { useWords } from "../hooks/useWords";
import { comeBack, leaveForIssuer } from "../signIn/openId";
import { isReturning } from "../signIn/returning";
import type { SignInWay } from "./SignIn";

/** Goes to the issuer; where the browser has just come from there, signs in with what it brought. */
export default function OpenIdSignIn({ client, onSignedIn }: SignInWay & { readonly client: OpenIdClient }) {
  const { signIn } = useWords();
  const [state, setState] = useState<"idle" | "leaving" | "returning">(() => (isReturning() ? "returning" : "idle"));
  const [failure, setFailure] = useState<unknown>(null);
  // What the browser brought is good once: an effect that runs twice must not take it twice.
  const hasReturned = useRef(false);

  const fail = (error: unknown): void => {
    setFailure(error);
    setState("idle");
  };
  useEffect(() => {
    if (hasReturned.current || !isReturning()) return;
    hasReturned.current = true;
    comeBack(client).then(onSignedIn, fail);
  }, [client, onSignedIn]);

  return (
    <div className="form">
      <p>{state === "returning" ? signIn.openIdReturning : signIn.openIdLead}</p>
      <Failure error={failure} />
      <button
        type="button"
        className="button button--primary button--large"
        data-testid="sign-in-open-id"
        disabled={state !== "idle"}
        onClick={() => {
          setFailure(null);
          setState("leaving");
          leaveForIssuer(client).catch(fail);
        }}
      >
        {state === "leaving" ? signIn.openIdLeaving : signIn.openId}
      </button>
    </div>
  );
}
