const PATHS = {
  plus: "M12 5v14M5 12h14",
  image: "M4 6.500A1.5 1.5 0 0 1 5.5 5h13A1.5 1.5 0 0 1 20 6.500v11a1.5 1.5 0 0 1-1.5 1.500h-13A1.5 1.5 0 0 1 4 17.500zM4.5 16.500l4.200-4.200a1.200 1.200 0 0 1 1.700 0l5.600 5.700M13.5 14.500l1.600-1.600a1.200 1.200 0 0 1 1.700 0l3 3M15.5 9h.01",
  send: "M12 19V5M5.5 11.5 12 5l6.5 6.5",
  lock: "M7 11V8a5 5 0 0 1 10 0v3M6.5 11h11A1.5 1.5 0 0 1 19 12.500v6a1.5 1.5 0 0 1-1.5 1.500h-11A1.5 1.5 0 0 1 5 18.500v-6A1.5 1.5 0 0 1 6.5 11z",
  back: "M15 5l-7 7 7 7",
  close: "M6 6l12 12M18 6L6 18",
  down: "M12 5v14M6 13l6 6 6-6",
  leave: "M14 4h4.500A1.5 1.5 0 0 1 20 5.500v13a1.5 1.5 0 0 1-1.5 1.500H14M10 8l-4 4 4 4M6 12h9",
  copy: "M9 9h9.500v10.500H9zM6 15H5V4.500h9.500V6",
  check: "M5 12.500l4.5 4.500L19 7.5",
  clock: "M12 7.500V12l3 2M20 12a8 8 0 1 1-16 0 8 8 0 0 1 16 0z",
  play: "M8 5.500v13l10.500-6.500z",
  pause: "M8.5 6v12M15.5 6v12",
  save: "M12 4v11M7 10.500l5 5 5-5M5 19.500h14",
  open: "M13.5 5H19v5.500M19 5l-8 8M10 6H6.500A1.5 1.5 0 0 0 5 7.500v10A1.5 1.5 0 0 0 6.5 19h10a1.5 1.5 0 0 0 1.5-1.500V14",
} as const;

export type IconName = keyof typeof PATHS;

/** Always beside or inside something that has a name of its own, so it has none. */
export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg className="icon" viewBox="0 0 24 24" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}
