import { Icon, type IconName } from "./Icon";

interface IconButtonProps {
  readonly icon: IconName;
  /** Its name, which shows under the pointer, too. */
  readonly label: string;
  readonly testId?: string;
  readonly onClick: (() => void) | undefined;
}

/** A button that is an icon. */
export function IconButton({ icon, label, testId, onClick }: IconButtonProps) {
  return (
    <button type="button" className="icon-button" data-testid={testId} aria-label={label} title={label} onClick={onClick}>
      <Icon name={icon} />
    </button>
  );
}
