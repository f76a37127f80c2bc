"""A small OpenID provider as a process of its own, which can be told to lie: `python -m tests.identity_provider`.

Prints its address. `POST /control` with JSON changes what it says; `GET /control` tells what it was asked.
"""

import base64
import hashlib
import hmac
import json
import secrets
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

HONEST: dict[str, Any] = {
    "user": {"sub": "ada-17", "email": "ada@example.com", "email_verified": True, "given_name": "Ada"},
    "claims": {},  # what an ID token says instead
    "without": [],  # what it does not say
    "signed": "RS256",  # or none, HS256 (by the public key), foreign
    "published": 1,  # how many of its keys it shows
    "signs_with": 0,  # which of them signs
    "userinfo": None,  # what is said there; None: nothing is
    "issuer": None,  # what it calls itself
    "slow": {},  # seconds, by path
    "drips": [],  # paths that answer a byte at a time, for ever
    "status": {},  # by path
    "secret": "s3cret/+ &%",
}


class Provider:
    def __init__(self) -> None:
        self.keys = [RSAKey.generate_key(2048, {"kid": f"key {n}"}) for n in range(2)]
        self.foreign = RSAKey.generate_key(2048, {"kid": "key 0"})
        self.codes: dict[str, dict[str, str]] = {}
        self.said: dict[str, Any] = {}
        self.asked: list[str] = []
        self.url = ""
        self.tell(HONEST)

    def tell(self, changes: dict[str, Any]) -> None:
        self.said = {**HONEST, **changes}
        self.asked.clear()

    def id_token(self, nonce: str) -> str:
        now = int(time.time())
        claims = {"iss": self.url, "aud": "shop", "iat": now, "exp": now + 60, "nonce": nonce, **self.said["user"]}
        claims |= {k: v + now if k in ("iat", "exp") else v for k, v in self.said["claims"].items()}
        claims = {k: v for k, v in claims.items() if k not in self.said["without"]}
        key: Any = self.keys[self.said["signs_with"]]
        header = {"alg": "RS256", "kid": key.kid}
        if self.said["signed"] == "none":
            return by_hand({"alg": "none"}, claims)
        if self.said["signed"] == "HS256":  # by what everybody knows: the public key
            return by_hand({**header, "alg": "HS256"}, claims, key.as_pem(private=False))
        return jwt.encode(header, claims, self.foreign if self.said["signed"] == "foreign" else key)

    def authorize(self, query: dict[str, str]) -> str:
        code = secrets.token_urlsafe(16)
        self.codes[code] = query
        back = {"code": code, "state": query["state"], "iss": self.url}
        return f"{query['redirect_uri']}?{urlencode(back)}"

    def exchange(self, form: dict[str, str], authorization: str) -> tuple[int, Any]:
        known = self.codes.pop(form.get("code", ""), None)
        pair = base64.b64decode(authorization.removeprefix("Basic ")).decode() if authorization else ":"
        user, secret = (unquote(word) for word in pair.split(":", 1))
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        is_right = (
            known is not None
            and (user, secret) == ("shop", self.said["secret"])
            and form.get("grant_type") == "authorization_code"
            and form.get("redirect_uri") == known["redirect_uri"]
            and known["code_challenge_method"] == "S256"
            and known["code_challenge"] == challenge
        )
        if not is_right or known is None:
            return 400, {"error": "invalid_grant"}
        return 200, {"access_token": "at", "token_type": "Bearer", "id_token": self.id_token(known["nonce"])}

    def answer(self, path: str, query: dict[str, str], form: dict[str, str], headers: Any) -> tuple[int, Any]:
        if path == "/.well-known/openid-configuration":
            known = {
                "issuer": self.said["issuer"] or self.url,
                "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token",
                "jwks_uri": f"{self.url}/jwks",
            }
            return 200, known | ({"userinfo_endpoint": f"{self.url}/userinfo"} if self.said["userinfo"] else {})
        if path == "/jwks":
            return 200, {"keys": [key.as_dict(private=False) for key in self.keys[: self.said["published"]]]}
        if path == "/token":
            return self.exchange(form, headers.get("Authorization", ""))
        if path == "/userinfo" and headers.get("Authorization") == "Bearer at":
            return 200, self.said["userinfo"]
        return 404, {}


def by_hand(header: dict[str, Any], claims: dict[str, Any], secret: bytes = b"") -> str:
    """A token as no library makes one: without a signature, or with an HMAC of anything."""
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in (header, claims)]
    mac = hmac.digest(secret, b".".join(parts), "sha256") if secret else b""
    return b".".join([*parts, base64.urlsafe_b64encode(mac).rstrip(b"=")]).decode()


class Handler(BaseHTTPRequestHandler):
    provider: Provider

    def do_GET(self) -> None:
        self.handle_any({})

    def do_POST(self) -> None:
        text = self.rfile.read(int(self.headers["Content-Length"])).decode()
        if self.path == "/control":
            self.provider.tell(json.loads(text))
            self.send(200, {})
        elif self.path == "/sign":  # as a storefront that signs hand-overs by the same keys
            key = self.provider.keys[0]
            self.send(200, {"token": jwt.encode({"alg": "RS256", "kid": key.kid}, json.loads(text), key)})
        else:
            self.handle_any({name: values[0] for name, values in parse_qs(text).items()})

    def handle_any(self, form: dict[str, str]) -> None:
        parts = urlsplit(self.path)
        if parts.path == "/control":
            public = self.provider.keys[0].as_pem(private=False).decode()
            self.send(200, {"asked": self.provider.asked, "public": public})
            return
        self.provider.asked.append(parts.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        time.sleep(self.provider.said["slow"].get(parts.path, 0))
        if parts.path == "/authorize":
            self.send_response(302)
            self.send_header("Location", self.provider.authorize(query))
            self.end_headers()
            return
        status, body = self.provider.answer(parts.path, query, form, self.headers)
        self.send(self.provider.said["status"].get(parts.path, status), body, parts.path in self.provider.said["drips"])

    def send(self, status: int, body: Any, drips: bool = False) -> None:
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        for sign in text if drips else ():
            self.wfile.write(bytes([sign]))
            time.sleep(0.2)
        if not drips:
            self.wfile.write(text)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def main() -> None:
    Handler.provider = Provider()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    Handler.provider.url = f"http://127.0.0.1:{server.server_port}"
    sys.stdout.write(f"{Handler.provider.url}\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    main()
