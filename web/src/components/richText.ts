/**
 * What people may do with plain text: links, mentions, `code`, ```blocks```, *bold* and _italic_. Pure; never HTML.
 *
 * Marks count only around words: 2*3*4 and snake_case_names are left as they are. What is in code is only code.
 */

export type Part =
  | { readonly type: "text" | "code" | "block"; readonly text: string }
  | { readonly type: "link"; readonly text: string }
  | { readonly type: "mention"; readonly text: string; readonly id: string }
  | { readonly type: "bold" | "italic"; readonly parts: readonly Part[] };

const CODE = /```\n?([\s\S]+?)\n?```|`([^`\n]+)`/u;
const LINK = /(https?:\/\/[^\s<>"]+[^\s<>"'.,;:!?)\]*_])/u;
const MARKED = /(?<![\p{L}\p{N}*_])([*_])(?=\S)([^\n]*?\S)\1(?![\p{L}\p{N}*_])/u;
const MENTION = /(?<![\w@])@([\p{L}\p{N}_](?:[\p{L}\p{N}_.+:|@-]*[\p{L}\p{N}_])?)/u;

/** `mentions`: ids that the server took for mentions; other names behind an @ are text. */
export function parse(source: string, mentions: ReadonlySet<string>): readonly Part[] {
  return split(source, CODE, codeOf, (outside) => split(outside, LINK, linkOf, (words) => styled(words, mentions)));
}

function codeOf([, block, code]: RegExpExecArray): Part {
  return block === undefined ? { type: "code", text: code ?? "" } : { type: "block", text: block };
}

function linkOf([text]: RegExpExecArray): Part {
  return { type: "link", text };
}

function styled(source: string, mentions: ReadonlySet<string>): readonly Part[] {
  const markOf = ([, mark, inside = ""]: RegExpExecArray): Part => ({
    type: mark === "*" ? "bold" : "italic",
    parts: styled(inside, mentions),
  });
  return split(source, MARKED, markOf, (words) => named(words, mentions));
}

function named(source: string, mentions: ReadonlySet<string>): readonly Part[] {
  const mentionOf = ([text, id = ""]: RegExpExecArray): Part =>
    mentions.has(id) ? { type: "mention", text, id } : { type: "text", text };
  return split(source, MENTION, mentionOf, (text) => [{ type: "text", text }]);
}

/** What a pattern finds becomes `found`, and what lies between is looked at by `between`. */
function split(
  source: string,
  pattern: RegExp,
  found: (match: RegExpExecArray) => Part,
  between: (text: string) => readonly Part[],
): readonly Part[] {
  const parts: Part[] = [];
  let rest = source;
  for (let match = pattern.exec(rest); match !== null; match = pattern.exec(rest)) {
    if (match.index > 0) parts.push(...between(rest.slice(0, match.index)));
    parts.push(found(match));
    rest = rest.slice(match.index + match[0].length);
  }
  if (rest !== "") parts.push(...between(rest));
  return parts;
}
