import { type ReactNode, useEffect, useRef } from "react";

import { useWords } from "../hooks/useWords";
import { isPressed } from "../state/shortcuts";
import { IconButton } from "./IconButton";

interface PanelFrameProps {
  readonly title: string;
  readonly testId: string;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

/** What stands beside the messages; on a phone, over them. Escape closes it, and focus goes back where it came from. */
export function PanelFrame({ title, testId, onClose, children }: PanelFrameProps) {
  const { shell } = useWords();
  const panel = useRef<HTMLElement>(null);
  useEffect(() => {
    const opener = document.activeElement;
    const field = panel.current?.querySelector<HTMLElement>("input, textarea");
    (field ?? panel.current)?.focus();
    return () => {
      if (opener instanceof HTMLElement && opener.isConnected) opener.focus();
    };
  }, []);
  return (
    // What is inside has the focus.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <aside
      ref={panel}
      className="panel"
      data-testid={testId}
      aria-label={title}
      tabIndex={-1}
      onKeyDown={(event) => {
        if (isPressed("close", event)) onClose();
      }}
    >
      <header className="panel__header">
        <h2 className="panel__title">{title}</h2>
        <IconButton icon="close" label={shell.close} testId="close-panel" onClick={onClose} />
      </header>
      {children}
    </aside>
  );
}
