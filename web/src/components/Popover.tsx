import { type ReactNode, type RefObject, useEffect, useLayoutEffect, useRef } from "react";
import { createPortal } from "react-dom";

/** Between the popover and what it belongs to, and to the window's edges, in CSS pixels. */
const GAP_PX = 6;

interface PopoverProps {
  /** What it opens beside; focus goes back there. */
  readonly anchor: RefObject<HTMLElement | null>;
  readonly label: string;
  readonly role: "menu" | "dialog";
  readonly className: string;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

/** Something small over the page for as long as it is rendered: Escape, Tab out of it and a click beside it close it. */
export function Popover({ anchor, label, role, className, onClose, children }: PopoverProps) {
  const box = useRef<HTMLDivElement>(null);

  useLayoutEffect(() => {
    if (box.current !== null && anchor.current !== null) place(box.current, anchor.current.getBoundingClientRect());
  });

  useEffect(() => {
    const opener = anchor.current;
    const onPointerDown = (event: PointerEvent): void => {
      const { target } = event;
      if (target instanceof Node && !box.current?.contains(target) && !opener?.contains(target)) onClose();
    };
    document.addEventListener("pointerdown", onPointerDown);
    window.addEventListener("resize", onClose);
    return () => {
      document.removeEventListener("pointerdown", onPointerDown);
      window.removeEventListener("resize", onClose);
    };
  }, [anchor, onClose]);

  return createPortal(
    // Keys are handled for what is inside, which has the focus.
    // eslint-disable-next-line jsx-a11y/no-static-element-interactions
    <div
      ref={box}
      className={`popover ${className}`}
      role={role}
      aria-label={label}
      tabIndex={-1}
      onKeyDown={(event) => {
        event.stopPropagation();
        if (event.key !== "Escape" && (event.key !== "Tab" || role !== "menu")) return;
        event.preventDefault();
        onClose();
        anchor.current?.focus();
      }}
    >
      {children}
    </div>,
    document.body,
  );
}

/** Above the anchor where there is room, else below it; inside the window in any case. */
function place(box: HTMLElement, beside: DOMRect): void {
  const { offsetWidth: width, offsetHeight: height } = box;
  const above = beside.top - height - GAP_PX;
  const below = Math.min(beside.bottom + GAP_PX, window.innerHeight - height - GAP_PX);
  const left = Math.min(beside.right - width, window.innerWidth - width - GAP_PX);
  box.style.top = `${Math.max(GAP_PX, above >= GAP_PX ? above : below)}px`;
  box.style.left = `${Math.max(GAP_PX, left)}px`;
}
