export const signIn = {
  lead: "Rooms for people who work together.",
  /** Why one is asked to sign in anew. */
  signedOut: {
    ended: "Your session has ended. Sign in again to go on; unsent messages are kept.",
    wallet: "Your wallet has turned to another account. Sign in again to go on; unsent messages are kept.",
    erased: "Your data is being erased. That takes a few minutes, in which you can enter no room.",
  },
  openId: "Sign in",
  openIdLead: "You sign in at your own provider and come back here.",
  openIdLeaving: "Going there …",
  openIdReturning: "Signing you in …",
  wallet: (name: string) => `Sign in with ${name}`,
  walletUnnamed: "your wallet",
  walletBusy: "Answer in your wallet …",
  walletNone: "To sign in with a wallet, open this page in a browser that has one.",
  or: "or",
  name: "Your name",
  namePlaceholder: "Ada",
  submit: "Sign in",
  submitting: "Signing in …",
};
