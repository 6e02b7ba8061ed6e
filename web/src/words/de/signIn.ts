import type { Words } from "../en";

export const signIn: Words["signIn"] = {
  lead: "Räume für Leute, die zusammen arbeiten.",
  sessionEnded: "Deine Sitzung ist abgelaufen. Melde dich neu an; was noch nicht gesendet ist, bleibt erhalten.",
  oidcMissing: "Hier meldet man sich bei einem eigenen Anbieter an; das kann diese Version der Seite noch nicht.",
  name: "Dein Name",
  namePlaceholder: "Ada",
  submit: "Anmelden",
  submitting: "Wird angemeldet …",
};
