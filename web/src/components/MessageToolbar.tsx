import type { Copy } from "@agent-chat/client/changes";
import { useCallback, useRef, useState } from "react";

import { type MessageActions, useMessageActions } from "../hooks/useMessageActions";
import { useWords } from "../hooks/useWords";
import { type Rights, rightsOn } from "../state/rights";
import { linkTo } from "../state/route";
import type { Words } from "../words/words";
import { EmojiPicker } from "./EmojiPicker";
import { Icon } from "./Icon";
import { Menu, type MenuItem } from "./Menu";

/** What can be done with a message, beside it: the frequent things as buttons, all of them in a menu. */
export function MessageToolbar({ message, onHold }: { readonly message: Copy; readonly onHold: (isHeld: boolean) => void }) {
  const actions = useMessageActions();
  const words = useWords().messages.actions;
  const rights = rightsOn(message, actions.me.id, actions.role);
  const [open, setOpen] = useState<"menu" | "picker" | null>(null);
  const picker = useRef<HTMLButtonElement>(null);
  const menu = useRef<HTMLButtonElement>(null);
  // While something is open the toolbar stays, wherever the pointer goes.
  const show = useCallback(
    (what: "menu" | "picker" | null) => {
      setOpen(what);
      onHold(what !== null);
    },
    [onHold],
  );
  const close = useCallback(() => {
    show(null);
  }, [show]);

  return (
    <div className="toolbar" role="toolbar" aria-label={words.label} data-testid="toolbar">
      {rights.react && (
        <button
          ref={picker}
          type="button"
          className="toolbar__button"
          data-testid="react"
          aria-label={words.react}
          title={words.react}
          aria-haspopup="dialog"
          aria-expanded={open === "picker"}
          onClick={() => {
            show("picker");
          }}
        >
          <Icon name="smile" />
        </button>
      )}
      {rights.answer && (
        <button
          type="button"
          className="toolbar__button"
          data-testid="reply"
          aria-label={words.reply}
          title={words.reply}
          onClick={() => {
            actions.answer(message);
          }}
        >
          <Icon name="reply" />
        </button>
      )}
      <button
        ref={menu}
        type="button"
        className="toolbar__button"
        data-testid="more"
        aria-label={words.more}
        title={words.more}
        aria-haspopup="menu"
        aria-expanded={open === "menu"}
        onClick={() => {
          show("menu");
        }}
      >
        <Icon name="more" />
      </button>
      {open === "picker" && (
        <EmojiPicker
          anchor={picker}
          onClose={close}
          onPick={(emoji) => {
            actions.react(message, emoji);
          }}
        />
      )}
      {open === "menu" && (
        <Menu anchor={menu} label={words.label} items={itemsFor(message, rights, actions, words)} onClose={close} />
      )}
    </div>
  );
}

/** What is not allowed is left out. */
function itemsFor(message: Copy, rights: Rights, actions: MessageActions, words: Words["messages"]["actions"]): MenuItem[] {
  const { seq, room, text, pinned, thread } = message;
  const offered: (MenuItem | false)[] = [
    rights.answer && {
      name: "reply",
      label: words.reply,
      icon: "reply",
      onPick: () => {
        actions.answer(message);
      },
    },
    {
      name: "thread",
      label: words.openThread,
      icon: "thread",
      onPick: () => {
        actions.openThread(thread ?? seq);
      },
    },
    rights.edit && {
      name: "edit",
      label: words.edit,
      icon: "edit",
      onPick: () => {
        actions.edit(message);
      },
    },
    text !== "" && {
      name: "copy-text",
      label: words.copyText,
      icon: "copy",
      onPick: () => {
        actions.copy(text);
      },
    },
    {
      name: "copy-link",
      label: words.copyLink,
      icon: "link",
      onPick: () => {
        actions.copy(linkTo(room, seq));
      },
    },
    rights.pin && {
      name: "pin",
      label: pinned ? words.unpin : words.pin,
      icon: "pin",
      onPick: () => {
        actions.pin(message);
      },
    },
    {
      name: "inspect",
      label: words.inspect,
      icon: "eye",
      onPick: () => {
        actions.inspect(message);
      },
    },
    rights.report && {
      name: "report",
      label: words.report,
      icon: "flag",
      onPick: () => {
        actions.report(message);
      },
    },
    rights.delete && {
      name: "delete",
      label: words.delete,
      icon: "trash",
      isDangerous: true,
      onPick: () => {
        actions.remove(message);
      },
    },
  ];
  return offered.filter((item) => item !== false);
}
