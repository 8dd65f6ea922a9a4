"""Calls to addresses on the web: `webhook`.

Owns the request and its sentences. An address may hold a secret, so only its host is ever told. Knows nothing of rules; a
redirection is not followed, for it could carry a secret elsewhere.
"""

import asyncio
import functools
import logging
import ssl
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal
from urllib.parse import quote, urlsplit

from pydantic import Field, field_validator

from stream.actions import lan
from stream.actions.base import Action, Client, Connection, Order, Refused, Tools
from stream.actions.literal_secrets import checked_headers, checked_url
from stream.actions.templates import checked_template, fill, secrets_for
from stream.hosts import THIS_COMPUTER, bracketed

if TYPE_CHECKING:
    import httpx

for _name in ("httpx", "httpcore"):  # they log addresses and headers, and with them secrets
    logging.getLogger(_name).setLevel(logging.WARNING)

_LARGEST_ANSWER_BYTES: Final = 64 * 1024


class Webhook(Action):
    """Call an address. Texts may hold `{gesture}`, `{confidence}`, `{value}`, `{rule}`, `{cause}` and `{secret:NAME}`."""

    kinds: ClassVar = ("web",)
    shown: ClassVar = ("url", "method")

    action: Literal["webhook"] = "webhook"
    url: str = Field(description="http or https")
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] = "POST"
    headers: dict[str, str] = Field({}, description="name to text")
    body: str | dict[str, Any] | list[Any] | None = Field(None, description="a text as it is; a table is sent as JSON")

    @field_validator("url", "headers", "body")
    @classmethod
    def _holes(cls, content: Any) -> Any:
        return checked_template(content)

    @field_validator("url")
    @classmethod
    def _on_the_web(cls, url: str) -> str:
        if not url.startswith(("http://", "https://")) and not url.startswith("{secret:"):
            raise ValueError("it must begin with http:// or https://")
        return checked_url(url)

    _no_secrets = field_validator("headers")(checked_headers)


class WebConnection(Connection):
    """The web at large; there without being configured."""

    implicit: ClassVar = True

    kind: Literal["web"] = "web"

    def client(self, name: str, *, tools: Tools) -> "WebClient":
        return WebClient(name, self, tools=tools)


class WebClient(Client[WebConnection]):
    """Sends one request an action, over connections that are kept."""

    _http: "httpx.AsyncClient | None" = None

    async def connect(self) -> str:
        await self.close()
        self._http = await asyncio.to_thread(open_http, timeout_s=self.connection.timeout_s)
        return "ready to call addresses on the web"

    async def perform(self, order: Order) -> None:
        assert isinstance(order.action, Webhook)
        assert self._http is not None
        request = await self._request(order, order.action)
        host = request.url.netloc.decode()
        answer = await send(self._http, request, host=host)
        if answer.is_redirect:
            raise Refused(f"{host} answered {_status(answer)} and points elsewhere; write the address that it points to")
        if not answer.is_success:
            raise Refused(f"{host} answered {_status(answer)} to {request.method}; check the webhook's address and headers")

    async def _request(self, order: Order, action: Webhook) -> "httpx.Request":
        assert self._http is not None
        texts = [action.url, action.headers, action.body]
        secrets = await secrets_for(texts, self.tools)
        url = (
            fill(action.url, order, secrets=secrets, quote=_as_part) if not _is_whole(action.url) else secrets[action.url[1:-1]]
        )
        headers = {name: str(value) for name, value in fill(action.headers, order, secrets=secrets).items()}
        body = fill(action.body, order, secrets=secrets)
        content = {"content": body} if isinstance(body, str) else {} if body is None else {"json": body}
        if not urlsplit(url).netloc or not url.startswith(("http://", "https://")):
            raise Refused("a webhook's address must begin with http:// or https:// and name a host; check its secret")
        try:
            return self._http.build_request(action.method, url, headers=headers, **content)
        except Exception as error:  # their words quote what they would not take, which may be a secret
            raise Refused(
                f"{urlsplit(url).hostname} cannot be called so ({type(error).__name__}); check url and headers"
            ) from None

    async def close(self) -> None:
        http, self._http = self._http, None
        if http is not None:
            await lan.quietly(http.aclose(), self.name)


def open_http(*, timeout_s: float, trust_env: bool = True) -> "httpx.AsyncClient":
    """Return a client that keeps its connections. The first is slow (a tenth of a second or more): call it in a thread.

    Args:
        trust_env: whether the proxies of the environment are used; to this computer itself they never are.
    """
    import httpx

    here = {f"all://{bracketed(name)}": None for name in THIS_COMPUTER}
    return httpx.AsyncClient(timeout=timeout_s, trust_env=trust_env, verify=_certificates(), mounts=here)


@functools.cache
def _certificates() -> ssl.SSLContext:
    """Return the authorities that are trusted, read once: it takes longer than all else."""
    import httpx

    return httpx.create_ssl_context()


async def send(http: "httpx.AsyncClient", request: "httpx.Request", *, host: str) -> "httpx.Response":
    """Send a request and return the answer, read as far as it may matter.

    Raises:
        Refused: nobody answers.
    """
    import httpx

    try:
        answer = await http.send(request, stream=True)
        try:
            size = 0
            async for chunk in answer.aiter_bytes():
                size += len(chunk)
                if size > _LARGEST_ANSWER_BYTES:  # nobody reads it
                    break
        finally:
            await answer.aclose()
    except httpx.TimeoutException:
        raise Refused(f"{host} did not answer in time; see whether it is on") from None
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise Refused(
            f"{host} cannot be reached ({type(error).__name__}); see whether it is on and the address right"
        ) from None
    return answer


def _is_whole(url: str) -> bool:
    """Whether an address is nothing but one secret, which is then not quoted."""
    return url.startswith("{secret:") and url.find("}") == len(url) - 1


def _as_part(value: str) -> str:
    return quote(value, safe="")


def _status(answer: "httpx.Response") -> str:
    return f"{answer.status_code} {answer.reason_phrase}".rstrip()


ACTIONS: Final = (Webhook,)
CONNECTIONS: Final = (WebConnection,)
