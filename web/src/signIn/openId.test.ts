import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { comeBack, endSessionUrl, leaveForIssuer, renew } from "./openId";

const CLIENT = { issuer: "https://issuer.example", clientId: "chat" };
const DISCOVERED = {
  issuer: CLIENT.issuer,
  authorization_endpoint: "https://issuer.example/authorize?tenant=1",
  token_endpoint: "https://issuer.example/token",
  jwks_uri: "https://issuer.example/keys",
  scopes_supported: ["openid", "profile", "offline_access"],
  end_session_endpoint: "https://issuer.example/leave",
};

/** What the issuer's token endpoint was asked, and what it answers. */
let asked: URLSearchParams[];
let tokens: () => Response;
let discovered: object;
let left: string;

beforeEach(() => {
  [asked, tokens, discovered, left] = [[], () => new Response("{}", { status: 500 }), DISCOVERED, ""];
  vi.stubGlobal("fetch", async (url: string | URL, init?: RequestInit) => {
    if (String(url).endsWith("/.well-known/openid-configuration")) return Response.json(discovered);
    asked.push(new URLSearchParams(await new Response(init?.body ?? null).text()));
    return tokens();
  });
  vi.spyOn(window, "location", "get").mockReturnValue(
    Object.assign(new URL("https://chat.example/#/rooms/lunch"), {
      assign: (url: string) => {
        left = url;
      },
    }) as unknown as Location,
  );
  // jsdom's digests are buffers of Node's own realm, which the library does not take for any.
  const { subtle } = crypto;
  const digest = subtle.digest.bind(subtle);
  vi.spyOn(subtle, "digest").mockImplementation(async (algorithm, data) => {
    const made = new Uint8Array(await digest(algorithm, data));
    return Uint8Array.from(made).buffer;
  });
  vi.spyOn(window.history, "replaceState").mockImplementation(() => undefined);
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

function encoded(value: object): string {
  return btoa(JSON.stringify(value)).replace(/\+/gu, "-").replace(/\//gu, "_").replace(/=+$/u, "");
}

function idToken(claims: object): string {
  const now = Math.floor(Date.now() / 1000);
  const told = { iss: CLIENT.issuer, aud: CLIENT.clientId, sub: "u-1", iat: now, exp: now + 3_600, ...claims };
  return `${encoded({ alg: "RS256" })}.${encoded(told)}.${encoded({})}`;
}

function granted(claims: object, more: object = {}): Response {
  return Response.json({ access_token: "a", token_type: "bearer", id_token: idToken(claims), ...more });
}

/** Goes to the issuer, and is sent back from there with a code. */
async function thereAndBack(answer: Readonly<Record<string, string>> = { code: "c-1" }): Promise<URLSearchParams> {
  await leaveForIssuer(CLIENT);
  const sent = new URL(left).searchParams;
  const back = new URL("https://chat.example/");
  back.search = new URLSearchParams({ ...answer, state: sent.get("state") ?? "" }).toString();
  vi.mocked(window.location).href = back.href;
  return sent;
}

describe("whoever signs in at an issuer", () => {
  it("goes there with a challenge, and comes back to a session with the verifier of it", async () => {
    const sent = await thereAndBack();
    expect([sent.get("tenant"), sent.get("response_type"), sent.get("code_challenge_method")]).toEqual(["1", "code", "S256"]);
    expect(sent.get("scope")).toBe("openid profile offline_access");
    tokens = () => granted({ nonce: sent.get("nonce"), name: "  Ada \n Lovelace " }, { refresh_token: "r-1" });
    const session = await comeBack(CLIENT);
    expect(session.user).toEqual({ id: "u-1", name: "Ada Lovelace" });
    expect(session.source).toEqual({ kind: "open_id", refreshToken: "r-1" });
    const verifier = asked[0]?.get("code_verifier") ?? "";
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
    const challenge = btoa(String.fromCharCode(...new Uint8Array(digest)));
    expect(sent.get("code_challenge")).toBe(challenge.replace(/\+/gu, "-").replace(/\//gu, "_").replace(/=+$/u, ""));
  });

  it("is refused with a token that was made for another attempt", async () => {
    await thereAndBack();
    tokens = () => granted({ nonce: "another" });
    vi.spyOn(console, "warn").mockImplementation(() => undefined);
    await expect(comeBack(CLIENT)).rejects.toMatchObject({ code: "answer_refused" });
  });

  it("is told apart who has said no there", async () => {
    await thereAndBack({ error: "access_denied" });
    await expect(comeBack(CLIENT)).rejects.toMatchObject({ code: "sign_in_cancelled" });
  });

  it("has to begin again where nobody was on the way", async () => {
    await expect(comeBack(CLIENT)).rejects.toMatchObject({ code: "sign_in_stale" });
  });
});

describe("a session", () => {
  it("goes on with another token, and keeps the old refresh token where there is no new one", async () => {
    tokens = () => granted({ preferred_username: "ada" });
    const session = await renew(CLIENT, "r-1");
    expect([asked[0]?.get("grant_type"), asked[0]?.get("refresh_token")]).toEqual(["refresh_token", "r-1"]);
    expect([session.user.name, session.source]).toEqual(["ada", { kind: "open_id", refreshToken: "r-1" }]);
  });

  it("is over where the issuer refuses, and may go on later where it can't be reached", async () => {
    vi.spyOn(console, "warn").mockImplementation(() => undefined);
    tokens = () => Response.json({ error: "invalid_grant" }, { status: 400 });
    await expect(renew(CLIENT, "r-1")).rejects.toMatchObject({ code: "unauthorized", temporary: false });
    tokens = () => {
      throw new TypeError("fetch failed");
    };
    await expect(renew(CLIENT, "r-1")).rejects.toMatchObject({ code: "issuer_unreachable", temporary: true });
  });

  it("ends at the issuer, too, where that says how", async () => {
    const url = new URL((await endSessionUrl(CLIENT, "token")) ?? "");
    expect([url.pathname, url.searchParams.get("post_logout_redirect_uri")]).toEqual(["/leave", "https://chat.example/"]);
    discovered = { ...DISCOVERED, end_session_endpoint: undefined };
    expect(await endSessionUrl(CLIENT, "token")).toBeNull();
  });
});
