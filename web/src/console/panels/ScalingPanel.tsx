import { useState } from "react";

import type { Changed, Config, VersionView } from "../answers.generated";
import { ActionDialog } from "../parts/ActionDialog";
import { Differences, EffectOnRooms } from "../parts/ScalingEffect";
import { Failure } from "../parts/Failure";
import { NumberField } from "../parts/NumberField";
import { Panel } from "../parts/Panel";
import { ScalingHistory } from "../parts/ScalingHistory";
import {
  CONCURRENCY_KINDS,
  differences,
  type Draft,
  draftOf,
  fieldOf,
  LIMIT_NAMES,
  mistakesIn,
  wantedOf,
} from "../scalingDraft";
import { useOperators } from "../useOperators";
import { usePolled } from "../usePolled";
import { SCALING } from "../words";

/** Others change it rarely, and whoever is behind is told when they try. */
const EVERY_MS = 30_000;

export function ScalingPanel() {
  const operators = useOperators();
  const config = usePolled(() => operators.scaling(), EVERY_MS);
  const versions = usePolled(() => operators.versions(), EVERY_MS);
  const refresh = (): void => {
    config.refresh();
    versions.refresh();
  };
  return (
    <>
      <Panel title={SCALING.title} about={SCALING.about} watched={config}>
        {(found) => <Editor key={found.current.version} config={found} onStored={refresh} />}
      </Panel>
      <Panel title={SCALING.history} about={SCALING.historyAbout} watched={versions}>
        {(found) => <ScalingHistory versions={withDeployment(found.versions)} onStored={refresh} />}
      </Panel>
    </>
  );
}

/** Version 0 is never stored: it is the way back that is always there. */
function withDeployment(versions: readonly VersionView[]): VersionView[] {
  const deployment = { version: 0, thresholds: {}, limits: {}, functions: {}, operator: "", why: SCALING.deployment, at_ms: 0 };
  return versions.some(({ version }) => version === 0) ? [...versions] : [...versions, deployment];
}

function Editor({ config, onStored }: { readonly config: Config; readonly onStored: () => void }) {
  const operators = useOperators();
  const [draft, setDraft] = useState<Draft>(() => draftOf(config));
  const [previewed, setPreviewed] = useState<Changed | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [isAsking, setIsAsking] = useState(false);
  const found = differences(config, draft);
  const mistakes = mistakesIn(draft);
  const change = (why: string) => ({ ...wantedOf(config, draft), if_version: config.current.version, why });

  const preview = async (): Promise<void> => {
    setIsAsking(true);
    setError(null);
    try {
      setPreviewed(await operators.changeScaling({ ...change(SCALING.preview), dry_run: true }, crypto.randomUUID()));
    } catch (failure) {
      setError(failure);
    }
    setIsAsking(false);
  };

  return (
    <form
      className="scaling"
      onSubmit={(event) => {
        event.preventDefault();
        void preview();
      }}
    >
      <p role="status" data-testid="scaling-version">
        {SCALING.inForce(config.current)}
      </p>
      <Numbers title={SCALING.limits} names={LIMIT_NAMES} {...{ config, draft, mistakes, setDraft }} />
      <Numbers
        title={SCALING.thresholds}
        names={Object.keys(config.deployed).filter((name) => !LIMIT_NAMES.includes(name))}
        {...{ config, draft, mistakes, setDraft }}
      />
      <Functions {...{ config, draft, mistakes, setDraft }} />
      <Failure error={error} onRetry={null} />
      <div className="form__actions">
        <button
          type="button"
          className="button"
          disabled={found.length === 0}
          onClick={() => {
            setDraft(draftOf(config));
          }}
        >
          {SCALING.undo}
        </button>
        <button
          type="submit"
          className="button button--primary"
          disabled={isAsking || found.length === 0 || mistakes.length > 0}
        >
          {isAsking ? SCALING.previewing : SCALING.preview}
        </button>
      </div>
      {previewed !== null && (
        <ActionDialog
          title={SCALING.change}
          reasonLabel={SCALING.why}
          confirm={SCALING.store}
          act={(why, key) => operators.changeScaling(change(why), key)}
          onDone={onStored}
          onClose={() => {
            setPreviewed(null);
          }}
        >
          <Differences found={found} />
          <EffectOnRooms effect={previewed.effect} />
          <p>{SCALING.within(previewed.in_force_within_ms)}</p>
        </ActionDialog>
      )}
    </form>
  );
}

interface EditedProps {
  readonly config: Config;
  readonly draft: Draft;
  readonly mistakes: readonly string[];
  readonly setDraft: (draft: Draft) => void;
}

function Numbers({ title, names, config, draft, mistakes, setDraft }: EditedProps & { readonly title: string; readonly names: readonly string[] }) {
  return (
    <fieldset className="scaling__group">
      <legend>{title}</legend>
      <div className="scaling__fields">
        {names.map((name) => (
          <NumberField
            key={name}
            label={SCALING.names[name] ?? name}
            hint={SCALING.deployed(config.deployed[name] ?? null)}
            value={draft[name] ?? ""}
            isWrong={mistakes.includes(name)}
            onChange={(text) => {
              setDraft({ ...draft, [name]: text });
            }}
          />
        ))}
      </div>
    </fieldset>
  );
}

function Functions({ config, draft, mistakes, setDraft }: EditedProps) {
  return config.functions.map((name) => (
    <fieldset key={name} className="scaling__group">
      <legend>{name}</legend>
      <div className="scaling__fields">
        {CONCURRENCY_KINDS.map((kind) => (
          <NumberField
            key={kind}
            label={SCALING.concurrency[kind]}
            hint={SCALING.emptyIsDeployed}
            value={draft[fieldOf(name, kind)] ?? ""}
            isWrong={mistakes.includes(fieldOf(name, kind))}
            onChange={(text) => {
              setDraft({ ...draft, [fieldOf(name, kind)]: text });
            }}
          />
        ))}
      </div>
    </fieldset>
  ));
}
