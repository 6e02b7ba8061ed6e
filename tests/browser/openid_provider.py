"""An OpenID Connect provider on the loopback: it asks people on a page of its own, checks PKCE, and signs who they are.

The protocol is Authlib's. Kept in memory is what it needs to know; what it has issued can be taken back.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749 import AuthorizationCodeMixin, ClientMixin, TokenMixin
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant, RefreshTokenGrant
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oidc.core import OpenIDCode, UserInfo
from flask import Flask, Response, redirect, request
from joserfc import jwt
from joserfc.jwk import RSAKey
from werkzeug.serving import make_server

CLIENT = "chat-page"
KEY = RSAKey.generate_key(2048, {"kid": "k1", "use": "sig", "alg": "RS256"})
FORM = """<!doctype html><title>A test's issuer</title>
<form method="post">
  <label>Your name <input name="name"></label>
  <button name="answer" value="allow">Allow</button> <button name="answer" value="deny">Deny</button>
</form>"""


class Page(ClientMixin):
    """The one client, which can keep no secret."""

    def __init__(self, redirect_uri: str) -> None:
        self.redirect_uri = redirect_uri

    def get_client_id(self) -> str:
        return CLIENT

    def get_allowed_scope(self, scope: Any) -> str:
        return " ".join(each for each in scope.split() if each in {"openid", "profile", "offline_access"})

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri == self.redirect_uri

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return (method, endpoint) == ("none", "token")

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type in {"authorization_code", "refresh_token"}


@dataclass
class Code(AuthorizationCodeMixin):
    """What somebody has allowed, until the page fetches its tokens."""

    user: str
    scope: str
    redirect_uri: str
    nonce: str
    code_challenge: str
    code_challenge_method: str

    def get_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_scope(self) -> str:
        return self.scope

    def get_nonce(self) -> str:
        return self.nonce

    def get_auth_time(self) -> None:
        return None

    def get_acr(self) -> None:
        return None

    def get_amr(self) -> None:
        return None


@dataclass
class Refresh(TokenMixin):
    """By which tokens are renewed."""

    user: str
    scope: str

    def check_client(self, client: ClientMixin) -> bool:
        return client.get_client_id() == CLIENT

    def get_scope(self) -> str:
        return self.scope


class Server(AuthorizationServer):
    """Authlib's, with the codes and refresh tokens that are good, and how often tokens were issued.

    With `renews` off nobody's are renewed.
    """

    def __init__(self, app: Flask, page_url: str) -> None:
        page = Page(f"{page_url}/")
        super().__init__(app, lambda name: page if name == CLIENT else None, self._note)
        self.codes: dict[str, Code] = {}
        self.refresh_tokens: dict[str, Refresh] = {}
        self.issued = 0
        self.renews = True

    def _note(self, token: dict[str, Any], asked: Any) -> None:
        self.issued += 1
        self.refresh_tokens[token["refresh_token"]] = Refresh(asked.user, token["scope"])


class Codes(AuthorizationCodeGrant):
    """The answer to somebody who has allowed it."""

    server: Server
    TOKEN_ENDPOINT_AUTH_METHODS = ("none",)

    def save_authorization_code(self, code: str, asked: Any) -> None:
        names = ("redirect_uri", "nonce", "code_challenge", "code_challenge_method")
        self.server.codes[code] = Code(asked.user, asked.payload.scope, *(asked.payload.data[each] for each in names))

    def query_authorization_code(self, code: str, _client: ClientMixin) -> Code | None:
        return self.server.codes.get(code)

    def delete_authorization_code(self, authorization_code: Code) -> None:
        forget(self.server.codes, authorization_code)

    def authenticate_user(self, authorization_code: Code) -> str:
        return authorization_code.user


class Renewals(RefreshTokenGrant):
    """New tokens for one that is good once."""

    server: Server
    TOKEN_ENDPOINT_AUTH_METHODS = ("none",)
    INCLUDE_NEW_REFRESH_TOKEN = True

    def authenticate_refresh_token(self, refresh_token: str) -> Any:
        return self.server.refresh_tokens.get(refresh_token) if self.server.renews else None

    def authenticate_user(self, refresh_token: Any) -> str:
        return str(refresh_token.user)

    def revoke_old_credential(self, refresh_token: TokenMixin) -> None:
        forget(self.server.refresh_tokens, refresh_token)


def forget(issued: dict[str, Any], one: object) -> None:
    """Takes one back."""
    for name in [name for name, each in issued.items() if each is one]:
        del issued[name]


class IdTokens(OpenIDCode):
    """Who somebody is, signed."""

    def __init__(self, provider: Provider) -> None:
        super().__init__(require_nonce=False)  # none comes with a renewal
        self._provider = provider

    def resolve_client_private_key(self, _client: ClientMixin) -> RSAKey:
        return KEY

    def get_encode_header(self, _client: ClientMixin) -> dict[str, str]:
        return {"alg": "RS256", "kid": "k1"}

    def get_client_claims(self, _client: ClientMixin) -> dict[str, Any]:
        expires_s = int(time.time()) + self._provider.token_life_s
        return {"iss": self._provider.url, "aud": CLIENT, "exp": expires_s}

    def generate_user_info(self, user: str, _scope: str) -> UserInfo:
        return UserInfo(sub=subject(user), name=user)

    def exists_nonce(self, nonce: str, _request: Any) -> bool:
        return any(code.nonce == nonce for code in self._provider.server.codes.values())


class Provider:
    """The provider as a test sees it. `token_life_s` is that of the ID tokens that are issued from now on."""

    def __init__(self, page_url: str) -> None:
        self.page_url = page_url
        self.url = ""
        self.token_life_s = 3_600
        self.app = Flask(__name__)
        self.app.config["OAUTH2_REFRESH_TOKEN_GENERATOR"] = True
        self.server = Server(self.app, page_url)
        self.server.register_grant(Codes, [IdTokens(self), CodeChallenge(required=True)])
        self.server.register_grant(Renewals, [IdTokens(self)])
        self._route()

    def _route(self) -> None:
        add = self.app.add_url_rule
        add("/.well-known/openid-configuration", view_func=self._discovery)
        add("/keys", view_func=self._keys)
        add("/authorize", view_func=self._authorize, methods=["GET", "POST"])
        add("/token", view_func=self._token, methods=["POST"])
        add("/end", view_func=self._end)
        self.app.after_request(self._let_in)

    def _let_in(self, response: Response) -> Response:
        """The page, whose origin is another one."""
        response.headers["Access-Control-Allow-Origin"] = self.page_url
        return response

    def _authorize(self) -> Any:
        grant = self.server.get_consent_grant()  # type: ignore[no-untyped-call]
        if request.method == "GET":
            return FORM
        allows = request.form["answer"] == "allow"
        return self.server.create_authorization_response(
            grant_user=request.form["name"] if allows else None, grant=grant
        )

    def _token(self) -> Any:
        return self.server.create_token_response()

    def _discovery(self) -> dict[str, Any]:
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "end_session_endpoint": f"{self.url}/end",
            "jwks_uri": f"{self.url}/keys",
            "scopes_supported": ["openid", "profile", "offline_access"],
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "code_challenge_methods_supported": ["S256"],
        }

    def _keys(self) -> dict[str, Any]:
        return {"keys": [KEY.as_dict(private=False)]}

    def _end(self) -> Any:
        """Of whoever has an ID token of this provider's, sent back where they came from."""
        jwt.decode(request.args["id_token_hint"], KEY)
        wanted = request.args["post_logout_redirect_uri"]
        return redirect(wanted) if wanted == f"{self.page_url}/" else Response(status=400)


def subject(name: str) -> str:
    """Who that is, for everybody that asks this provider."""
    return f"people|{name.lower()}"


@contextmanager
def providing(page_url: str) -> Iterator[Provider]:
    """A provider for the page of that origin that answers until this ends."""
    provider = Provider(page_url)
    server = make_server("127.0.0.1", 0, provider.app, threaded=True)
    provider.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
