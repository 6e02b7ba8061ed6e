import type { Session } from "@agent-chat/client/stage";
import { lazy, Suspense, useCallback, useState } from "react";

import { loadSession } from "../state/session";
import { SessionKeeper, type SignedOut } from "../state/sessionKeeper";
import { SignIn } from "./SignIn";

const loadChatScreen = () => import("./ChatScreen");
const ChatScreen = lazy(loadChatScreen);

/** Either signed in or not. The chat's own code is loaded while somebody signs in. */
export function App() {
  const [why, setWhy] = useState<SignedOut>("asked");
  const [keeper, setKeeper] = useState<SessionKeeper | null>(() => {
    const session = loadSession();
    return session === null ? null : new SessionKeeper(session, onEnded);
  });

  function onEnded(reason: SignedOut): void {
    setKeeper(null);
    setWhy(reason);
  }
  const onSignedIn = useCallback((session: Session) => {
    setKeeper(new SessionKeeper(session, onEnded));
  }, []);

  if (keeper === null) return <SignIn why={why} onSignedIn={onSignedIn} preload={loadChatScreen} />;
  return (
    <Suspense>
      <ChatScreen key={keeper.user.id} keeper={keeper} />
    </Suspense>
  );
}
