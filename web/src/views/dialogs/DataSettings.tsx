import type { Archive } from "@agent-chat/client/account";
import type { Session } from "@agent-chat/client/stage";
import { useEffect, useState } from "react";

import { Failure } from "../../components/Failure";
import { Icon } from "../../components/Icon";
import { useStore } from "../../hooks/useStore";
import { useWords } from "../../hooks/useWords";
import { DataExportWatch } from "../../state/dataExport";

/** A user's own data, as files to keep. */
export function DataSettings({ session }: { readonly session: Session }) {
  const words = useWords();
  const { data } = words.settings;
  const [watch] = useState(() => new DataExportWatch(session));
  const { found, isBusy, failure } = useStore(watch.view);
  useEffect(
    () => () => {
      watch.stop();
    },
    [watch],
  );
  const isReady = found?.isDone === true;
  return (
    <section className="settings__section" data-testid="data-settings">
      <h3>{data.title}</h3>
      <p className="field__hint">{data.hint}</p>
      <p role="status">
        {isReady && data.ready(found.archives.length)}
        {found !== null && !isReady && data.preparing(found.share)}
      </p>
      {isReady && <Archives archives={found.archives} />}
      <Failure error={failure} />
      <button
        type="button"
        className="button button--small"
        data-testid="ask-export"
        disabled={isBusy}
        onClick={() => void watch.begin()}
      >
        {isReady ? data.askAgain : data.ask}
      </button>
    </section>
  );
}

function Archives({ archives }: { readonly archives: readonly Archive[] }) {
  const { data } = useWords().settings;
  return (
    <ul className="settings__archives">
      {archives.map(({ url, sizeBytes }, index) => (
        <li key={index}>
          <a href={url} download data-testid="archive">
            <Icon name="save" /> {archives.length === 1 ? data.onlyArchive(sizeBytes) : data.archive(index + 1, sizeBytes)}
          </a>
        </li>
      ))}
    </ul>
  );
}
