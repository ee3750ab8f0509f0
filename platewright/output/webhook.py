"""A webhook: an address that a message of each vehicle is posted to, signed if wished.

The signature is that of Standard Webhooks (standardwebhooks.com, 1.0): HMAC-SHA256 over
`id.timestamp.body`, in base64, in the header `webhook-signature`.
"""

import base64
import hashlib
import hmac
import time
from http.client import HTTPException
from urllib import error, parse

from platewright.errors import ConfigError
from platewright.http import ALLOWED, ask, is_web
from platewright.http import RefusedError as AnswerError
from platewright.output.message import LostError, Message, RefusedError

TIMEOUT_S = 10.0
MOST_ANSWER = 1 << 20
UNWANTED = {400, 411, 413, 414, 415, 422}
"""Answers that concern the message; any other one may be mended at the receiver's."""
PREFIX = "whsec_"


def signature(secret: str, id: str, timestamp: int, body: bytes) -> str:
    """Return the header `webhook-signature` of a message.

    Args:
        secret: `whsec_` and the key in base64, or any other text, whose bytes are the key.
        id: the header `webhook-id`.
        timestamp: the header `webhook-timestamp`, seconds since 1970.

    >>> signature("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek",
    ...           1614265330, b'{"test": 2432232314}')
    'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE='
    """
    key = secret.encode()
    if secret.startswith(PREFIX):
        try:
            key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
        except ValueError:
            raise ConfigError("the webhook's secret begins with whsec_ and is no base64") from None
    signed = hmac.new(key, f"{id}.{timestamp}.".encode() + body, hashlib.sha256)
    return f"v1,{base64.b64encode(signed.digest()).decode()}"


class WebhookReceiver:
    """Posts messages as JSON, the picture in base64.

    Args:
        url: http or https, with a user and a password or not. Neither these nor its path and
            query, which are a password to many, are ever told.
        secret: shared with the receiver, signs; empty: nothing is signed.

    Raises:
        ConfigError: if the URL can't be used, or the secret.
    """

    def __init__(self, url: str, secret: str = "") -> None:
        try:
            parts = parse.urlsplit(url)
            port = parts.port
        except ValueError:
            parts, port = parse.SplitResult("", "", "", "", ""), None
        host = parts.hostname or ""
        if not (is_web(url) and host and host.isascii() and url.isprintable()):
            raise ConfigError("give http://[user:password@]host[:port]/path, or https://")
        place = (f"[{host}]" if ":" in host else host) + (f":{port}" if port else "")
        path, query = (parse.quote(part, ALLOWED) for part in (parts.path or "/", parts.query))
        self._url = parse.urlunsplit((parts.scheme, place, path, query, ""))
        self.name = f"{parts.scheme.lower()}://{place}"
        self.key = f"{self.name} {hashlib.sha256(self._url.encode()).hexdigest()[:16]}"
        self._headers = {"Content-Type": "application/json", "User-Agent": "platewright-watch"}
        if parts.username is not None:
            user = f"{parse.unquote(parts.username)}:{parse.unquote(parts.password or '')}"
            self._headers["Authorization"] = f"Basic {base64.b64encode(user.encode()).decode()}"
        self._secret = secret
        if secret:
            signature(secret, "", 0, b"")

    def send(self, message: Message) -> None:
        """See `Receiver`."""
        body, now = message.as_json(pictured=True), int(time.time())
        headers = {**self._headers, "webhook-id": message.id, "webhook-timestamp": str(now)}
        if self._secret:
            headers["webhook-signature"] = signature(self._secret, message.id, now, body)
        try:
            ask(self._url, body, headers, timeout_s=TIMEOUT_S, max_bytes=MOST_ANSWER)
        except error.HTTPError as refused:
            refused.close()
            told = f"HTTP {refused.code}"
            raise (RefusedError if refused.code in UNWANTED else LostError)(told) from None
        except AnswerError:
            return  # it was taken; how much is answered to it is of no account
        except (HTTPException, ValueError) as problem:
            # Their texts may hold the address.
            raise LostError(type(problem).__name__) from None
        except OSError as problem:
            why = getattr(problem, "reason", None) or problem
            raise LostError(" ".join(str(why).split()) or type(problem).__name__) from None

    def close(self) -> None:
        """See `Receiver`."""
