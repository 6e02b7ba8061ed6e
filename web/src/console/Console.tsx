import { RequestFailed } from "@agent-chat/client/errors";
import type { Session } from "@agent-chat/client/stage";
import { useCallback, useMemo, useState } from "react";

import { Icon } from "../components/Icon";
import { useStore } from "../hooks/useStore";
import { forgetSession, loadSession, saveSession } from "../state/session";
import { SignIn } from "../views/SignIn";
import { Operators } from "./operators";
import { PANELS } from "./panels";
import { Failure } from "./parts/Failure";
import { place } from "./place";
import { OperatorsContext } from "./useOperators";
import { usePolled } from "./usePolled";
import { CONSOLE, PANEL_NAMES, PANEL_TITLES, type PanelName } from "./words";

/** Either signed in or not; a session of the chat page in the same window is good here, too. */
export function Console() {
  const [session, setSession] = useState<Session | null>(() => loadSession());
  const leave = useCallback(() => {
    forgetSession();
    setSession(null);
  }, []);
  if (session !== null) return <Desk key={session.token} session={session} onLeave={leave} />;
  return (
    <SignIn
      why="asked"
      onSignedIn={(it) => {
        saveSession(it);
        setSession(it);
      }}
    />
  );
}

interface DeskProps {
  readonly session: Session;
  readonly onLeave: () => void;
}

/** Whether somebody is an operator, the API alone knows: health is the cheapest that it tells operators. */
function Desk({ session, onLeave }: DeskProps) {
  const operators = useMemo(() => new Operators(session.token), [session.token]);
  const asked = usePolled(() => operators.health(), null);
  if (asked.value !== null) {
    return (
      <OperatorsContext value={operators}>
        <Shell session={session} onSignOut={onLeave} />
      </OperatorsContext>
    );
  }
  const status = asked.error instanceof RequestFailed ? asked.error.status : null;
  return (
    <main className="console-gate">
      <h1>{CONSOLE.title}</h1>
      {status === 403 ? (
        <>
          <p role="alert" data-testid="refused">
            {CONSOLE.notAnOperator(session.user.name)}
          </p>
          <p>
            <a href="/">{CONSOLE.toTheChat}</a>
          </p>
        </>
      ) : (
        <Failure error={asked.error} onRetry={status === 401 ? null : asked.refresh} />
      )}
      {asked.error === null ? (
        <p role="status">{CONSOLE.loading}</p>
      ) : (
        <button type="button" className="button" onClick={onLeave}>
          {CONSOLE.signInAsAnother}
        </button>
      )}
    </main>
  );
}

function Shell({ session, onSignOut }: { readonly session: Session; readonly onSignOut: () => void }) {
  const shown = useStore(place);
  const Shown = PANELS[shown];
  return (
    <div className="console">
      <a
        className="console__skip"
        href="#panel"
        onClick={(event) => {
          // The page's address says which panel is shown, and stays so.
          event.preventDefault();
          document.getElementById("panel")?.focus();
        }}
      >
        {CONSOLE.skip}
      </a>
      <header className="console__bar">
        <img src="/icon.svg" width={28} height={28} alt="" />
        <h1>{CONSOLE.title}</h1>
        <span className="console__who" data-testid="me" data-user={session.user.id}>
          {session.user.name}
        </span>
        <button type="button" className="icon-button" aria-label={CONSOLE.signOut} onClick={onSignOut}>
          <Icon name="leave" />
        </button>
      </header>
      <nav className="console__nav" aria-label={CONSOLE.panels}>
        <ul>
          {PANEL_NAMES.map((name) => (
            <li key={name}>
              <PanelLink name={name} isShown={name === shown} />
            </li>
          ))}
        </ul>
      </nav>
      <main id="panel" className="console__panel" tabIndex={-1} data-panel={shown}>
        <Shown key={shown} />
      </main>
    </div>
  );
}

function PanelLink({ name, isShown }: { readonly name: PanelName; readonly isShown: boolean }) {
  return (
    <a href={`#/${name}`} {...(isShown && { "aria-current": "page" as const })}>
      {PANEL_TITLES[name]}
    </a>
  );
}
