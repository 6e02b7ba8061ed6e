import { useCallback, useState } from "react";

import type { Session } from "../protocol/api";
import { forgetSession, loadSession, saveSession } from "../state/session";
import { ChatScreen } from "./ChatScreen";
import { SignIn } from "./SignIn";

/** Either signed in or not. */
export function App() {
  const [session, setSession] = useState<Session | null>(() => loadSession());
  const [notice, setNotice] = useState<string | null>(null);

  const leave = useCallback((why: string | null) => {
    forgetSession();
    setSession(null);
    setNotice(why);
  }, []);
  const onSignOut = useCallback(() => {
    leave(null);
  }, [leave]);
  const onSessionEnded = useCallback(() => {
    leave("Your session has ended. Sign in again to go on; unsent messages are kept.");
  }, [leave]);

  if (session !== null) {
    return <ChatScreen key={session.token} session={session} onSignOut={onSignOut} onSessionEnded={onSessionEnded} />;
  }
  return (
    <SignIn
      notice={notice}
      onSignedIn={(it) => {
        saveSession(it);
        setSession(it);
      }}
    />
  );
}
