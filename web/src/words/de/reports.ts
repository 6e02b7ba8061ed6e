import type { Words } from "../en";
import type { Formats } from "../formats";

export const reports = ({ preciseTime }: Formats): Words["reports"] => ({
  title: "Meldungen",
  lead: "Wer eine Nachricht gemeldet hat, erfährt nicht, was daraus wird.",
  none: "Es wartet nichts.",
  more: "Es gibt mehr. Sie kommen, sobald diese entschieden sind.",
  lost: "Die Nachricht lässt sich nicht zeigen.",
  by: (name) => `Gemeldet von ${name}`,
  at: preciseTime,
  dismiss: "Verwerfen",
  remove: "Nachricht löschen",
  mute: (name) => `${name} eine Stunde stummschalten`,
  ban: (name) => `${name} sperren`,
  undecided: (why) => `Die Meldung ist noch offen. ${why}`,
});
