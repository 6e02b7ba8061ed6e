import { lazy, Suspense, useCallback, useState } from "react";

import type { Session } from "../protocol/api";
import { forgetSession, loadSession, saveSession } from "../state/session";
import { SignIn } from "./SignIn";

/** Whoever is not signed in yet does not wait for it. */
const ChatScreen = lazy(async () => ({ default: (await import("./ChatScreen")).ChatScreen }));

/** Either signed in or not. */
export function App() {
  const [session, setSession] = useState<Session | null>(() => loadSession());
  const [hasEnded, setHasEnded] = useState(false);

  const leave = useCallback((isEnded: boolean) => {
    forgetSession();
    setSession(null);
    setHasEnded(isEnded);
  }, []);
  const onSignOut = useCallback(() => {
    leave(false);
  }, [leave]);
  const onSessionEnded = useCallback(() => {
    leave(true);
  }, [leave]);

  if (session !== null) {
    return (
      <Suspense fallback={null}>
        <ChatScreen key={session.token} session={session} onSignOut={onSignOut} onSessionEnded={onSessionEnded} />
      </Suspense>
    );
  }
  return (
    <SignIn
      hasEnded={hasEnded}
      onSignedIn={(it) => {
        saveSession(it);
        setSession(it);
      }}
    />
  );
}
