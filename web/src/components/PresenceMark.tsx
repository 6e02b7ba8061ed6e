interface PresenceMarkProps {
  readonly isOnline: boolean;
}

/** A filled dot, or a ring: decoration beside the words for it. */
export function PresenceMark({ isOnline }: PresenceMarkProps) {
  return <span className="presence-mark" data-online={isOnline} aria-hidden="true" />;
}
