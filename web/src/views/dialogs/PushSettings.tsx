import { ChatError } from "@agent-chat/client/errors";
import type { Session } from "@agent-chat/client/stage";
import { useEffect, useState } from "react";

import { Failure } from "../../components/Failure";
import { useStore } from "../../hooks/useStore";
import { useWords } from "../../hooks/useWords";
import { PushDevice, type PushState } from "../../state/pushDevice";

/** Whether one is told on this device of what is said while no page is open. */
export function PushSettings({ session }: { readonly session: Session }) {
  const { push } = useWords().settings;
  const [device] = useState(() => new PushDevice(session));
  const { state, isBusy, failure } = useStore(device.view);
  useEffect(() => void device.look(), [device]);
  const isPossible = state !== "unsupported" && state !== "blocked";
  return (
    <section className="settings__section" data-testid="push-settings" data-state={state}>
      <h3>{push.title}</h3>
      <p className="field__hint">{isPossible ? push.hint : push[state]}</p>
      {isPossible && <PushSwitch state={state} isBusy={isBusy} device={device} />}
      {/* What the browser itself refuses has no words for people. */}
      <Failure error={failure} say={(reason) => (failure instanceof ChatError ? reason : push.failed)} />
    </section>
  );
}

interface PushSwitchProps {
  readonly state: PushState;
  readonly isBusy: boolean;
  readonly device: PushDevice;
}

function PushSwitch({ state, isBusy, device }: PushSwitchProps) {
  const { push } = useWords().settings;
  return (
    <label className="switch">
      <input
        type="checkbox"
        role="switch"
        data-testid="push-switch"
        checked={state === "on"}
        disabled={isBusy}
        onChange={({ target }) => {
          void (target.checked ? device.turnOn() : device.turnOff());
        }}
      />
      {push.label}
    </label>
  );
}
