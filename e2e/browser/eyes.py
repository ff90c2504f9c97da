"""What a page did that no page may do: console errors, broken policy, requests that leave the origin."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from playwright.sync_api import ConsoleMessage, Page, Request, Response

# The browser itself notes each refused request in the console. Pages ask for these on purpose: "is there any?"
EXPECTED_REFUSALS = (re.compile(r"404 .*/api/pools/[0-9a-f-]+/dns$"), re.compile(r"401 .*/api/auth/me$"))

TELL_VIOLATIONS = """document.addEventListener("securitypolicyviolation", (event) =>
    console.error("CSP violation: " + event.violatedDirective + " " + event.blockedURI + " " + event.sourceFile))"""


class Eyes:
    """Watches one page from before its first request. `faults` is what it saw, `expect` what a story provokes."""

    def __init__(self, page: Page, origin: str) -> None:
        self.faults: list[str] = []
        self._origin, self._expected = origin, list(EXPECTED_REFUSALS)
        page.add_init_script(TELL_VIOLATIONS)
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.faults.append(f"uncaught: {error}"))
        page.on("request", self._request)
        page.on("response", self._response)

    def expect(self, pattern: str) -> None:
        """A refusal that the story is about: matched against `status url`."""
        self._expected.append(re.compile(pattern))

    def _console(self, message: ConsoleMessage) -> None:
        # Refused requests are judged by their status in `_response`; the console only repeats them.
        if message.type in {"error", "warning"} and "Failed to load resource" not in message.text:
            self.faults.append(f"console {message.type}: {message.text}")

    def _request(self, request: Request) -> None:
        if not request.url.startswith((self._origin + "/", "data:", "blob:")):
            self.faults.append(f"left the origin: {request.url}")

    def _response(self, response: Response) -> None:
        said = f"{response.status} {response.url}"
        if response.status >= 400 and not any(known.search(said) for known in self._expected):
            self.faults.append(f"{response.request.method} {urlsplit(response.url).path} answered {response.status}")
