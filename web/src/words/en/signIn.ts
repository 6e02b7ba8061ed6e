export const signIn = {
  lead: "Rooms for people who work together.",
  sessionEnded: "Your session has ended. Sign in again to go on; unsent messages are kept.",
  oidcMissing: "This site signs in through its own identity provider, which this version of the page can’t do yet.",
  name: "Your name",
  namePlaceholder: "Ada",
  submit: "Sign in",
  submitting: "Signing in …",
};
