/**
 * Sign-in at an OpenID Connect issuer, by the code flow with PKCE: the browser goes there and comes back with a code,
 * which this page turns into tokens itself. The ID token is the session's; it stays in this window.
 */

import { RequestFailed } from "@agent-chat/client/errors";
import { fields, json, text } from "@agent-chat/client/shape";
import type { OpenIdClient, Session } from "@agent-chat/client/stage";
import * as oauth from "oauth4webapi";

/** What has to be the same when the browser comes back. */
const PENDING = "agent-chat.sign-in";
const MAX_NAME_CHARS = 40;
const REFRESH_SCOPE = "offline_access";

interface Pending {
  readonly verifier: string;
  readonly state: string;
  readonly nonce: string;
  /** Where on the page the person was. */
  readonly hash: string;
}

/** Leaves for the issuer. Settles only where that fails. */
export async function leaveForIssuer(client: OpenIdClient): Promise<void> {
  const server = await discover(client);
  const pending: Pending = {
    verifier: oauth.generateRandomCodeVerifier(),
    state: oauth.generateRandomState(),
    nonce: oauth.generateRandomNonce(),
    hash: window.location.hash,
  };
  sessionStorage.setItem(PENDING, JSON.stringify(pending));
  const url = new URL(endpoint(server.authorization_endpoint, "authorization_endpoint"));
  url.search = new URLSearchParams({
    ...Object.fromEntries(url.searchParams),
    client_id: client.clientId,
    redirect_uri: redirectUri(),
    response_type: "code",
    scope: ["openid", "profile", ...(server.scopes_supported?.includes(REFRESH_SCOPE) ? [REFRESH_SCOPE] : [])].join(" "),
    state: pending.state,
    nonce: pending.nonce,
    code_challenge: await oauth.calculatePKCECodeChallenge(pending.verifier),
    code_challenge_method: "S256",
  }).toString();
  window.location.assign(url);
}

/** Takes what the browser came back with off the address, and the place where the person was back onto it. */
export async function comeBack(client: OpenIdClient): Promise<Session> {
  const url = new URL(window.location.href);
  const pending = takePending();
  window.history.replaceState(null, "", `${url.pathname}${pending?.hash ?? ""}`);
  if (pending === null) throw new RequestFailed(400, "sign_in_stale", "nobody was on the way from here");
  const server = await discover(client);
  return refusing(async () => {
    const answer = oauth.validateAuthResponse(server, who(client), url, pending.state);
    const response = await oauth.authorizationCodeGrantRequest(
      server,
      who(client),
      oauth.None(),
      answer,
      redirectUri(),
      pending.verifier,
      optionsFor(client),
    );
    const tokens = await oauth.processAuthorizationCodeResponse(server, who(client), response, {
      expectedNonce: pending.nonce,
      requireIdToken: true,
    });
    return sessionOf(tokens, null);
  }, "answer_refused");
}

/** The same session for longer. `RequestFailed` with `unauthorized` says that the person has to sign in again. */
export async function renew(client: OpenIdClient, refreshToken: string): Promise<Session> {
  const server = await discover(client);
  return refusing(async () => {
    const response = await oauth.refreshTokenGrantRequest(server, who(client), oauth.None(), refreshToken, optionsFor(client));
    return sessionOf(await oauth.processRefreshTokenResponse(server, who(client), response), refreshToken);
  });
}

/** Where the issuer ends its own session; null where it does not say. */
export async function endSessionUrl(client: OpenIdClient, idToken: string): Promise<string | null> {
  const { end_session_endpoint } = await discover(client);
  if (end_session_endpoint === undefined) return null;
  const url = new URL(end_session_endpoint);
  url.searchParams.set("client_id", client.clientId);
  url.searchParams.set("id_token_hint", idToken);
  url.searchParams.set("post_logout_redirect_uri", redirectUri());
  return url.href;
}

function takePending(): Pending | null {
  const source = sessionStorage.getItem(PENDING);
  sessionStorage.removeItem(PENDING);
  if (source === null) return null;
  const it = fields(json(source, "sign-in"), "sign-in");
  const [verifier, state, nonce, hash] = ["verifier", "state", "nonce", "hash"].map((name) => text(it[name], name));
  return { verifier: verifier ?? "", state: state ?? "", nonce: nonce ?? "", hash: hash ?? "" };
}

async function discover(client: OpenIdClient): Promise<oauth.AuthorizationServer> {
  const issuer = new URL(client.issuer);
  return refusing(async () => {
    const response = await oauth.discoveryRequest(issuer, { algorithm: "oidc", ...optionsFor(client) });
    return oauth.processDiscoveryResponse(issuer, response);
  });
}

function sessionOf(tokens: oauth.TokenEndpointResponse, refreshToken: string | null): Session {
  const claims = oauth.getValidatedIdTokenClaims(tokens);
  if (claims === undefined || tokens.id_token === undefined) {
    throw new RequestFailed(401, "unauthorized", "the issuer gave no ID token");
  }
  const { sub, exp, name, preferred_username } = claims;
  return {
    token: tokens.id_token,
    user: { id: sub, name: shown(name) || shown(preferred_username) || sub },
    expiresAtMs: exp * 1000,
    source: { kind: "open_id", refreshToken: tokens.refresh_token ?? refreshToken },
  };
}

/** A name as the server will show it: one line, and no longer than others'. */
function shown(name: unknown): string {
  if (typeof name !== "string") return "";
  return Array.from(name.trim().replace(/\s+/gu, " ")).slice(0, MAX_NAME_CHARS).join("");
}

/** What the issuer says no to ends the sign-in, with that code; what keeps its answer from arriving may be over soon. */
async function refusing<T>(act: () => Promise<T>, code = "unauthorized"): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof RequestFailed || !(error instanceof Error)) throw error;
    if (error instanceof TypeError || error.name === "TimeoutError") throw new RequestFailed(0, "issuer_unreachable", error.message);
    if (error instanceof oauth.AuthorizationResponseError && error.error === "access_denied") {
      throw new RequestFailed(401, "sign_in_cancelled", error.message);
    }
    console.warn("the issuer's answer was not taken:", error);
    throw new RequestFailed(401, code, error.message);
  }
}

/** An issuer on this very machine may be without TLS: only tests have one. */
function optionsFor({ issuer }: OpenIdClient) {
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- marked so that it stands out, as it does here
  return { [oauth.allowInsecureRequests]: new URL(issuer).hostname === "127.0.0.1", signal: () => AbortSignal.timeout(15_000) };
}

function who({ clientId }: OpenIdClient): oauth.Client {
  return { client_id: clientId };
}

function endpoint(url: string | undefined, name: string): string {
  if (url === undefined) throw new RequestFailed(0, "issuer_unreachable", `the issuer names no ${name}`);
  return url;
}

function redirectUri(): string {
  return `${window.location.origin}/`;
}
