import type { Words } from "../en";

export const signIn: Words["signIn"] = {
  lead: "Räume für Leute, die zusammen arbeiten.",
  signedOut: {
    ended: "Deine Sitzung ist abgelaufen. Melde dich neu an; was noch nicht gesendet ist, bleibt erhalten.",
    wallet: "Dein Wallet ist zu einem anderen Konto gewechselt. Melde dich neu an; was noch nicht gesendet ist, bleibt erhalten.",
    erased: "Deine Daten werden gelöscht. Das dauert einige Minuten, in denen du keinen Raum betreten kannst.",
  },
  openId: "Anmelden",
  openIdLead: "Du meldest dich bei deinem Anbieter an und kommst hierher zurück.",
  openIdLeaving: "Es geht dorthin …",
  openIdReturning: "Du wirst angemeldet …",
  wallet: (name) => `Mit ${name} anmelden`,
  walletUnnamed: "deinem Wallet",
  walletBusy: "Antworte in deinem Wallet …",
  walletNone: "Um dich mit einem Wallet anzumelden, öffne diese Seite in einem Browser, der eines hat.",
  or: "oder",
  name: "Dein Name",
  namePlaceholder: "Ada",
  submit: "Anmelden",
  submitting: "Wird angemeldet …",
};
