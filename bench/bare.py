"""The limit: the same server, a handler that reads the body and answers 90 bytes."""

from __future__ import annotations

import sys
from typing import Any

from flask import Flask, Response, request
from granian import Granian
from granian.constants import HTTPModes, Interfaces, Loops, TaskImpl

ANSWER = b'{"jobs":[],"heartbeatIntervalSec":1,"serverTime":"2026-01-01T00:00:00Z","configRev":12}'
HEADERS = [("content-type", "application/json")]


async def rsgi(_scope: Any, proto: Any) -> None:
    await proto()
    proto.response_bytes(200, HEADERS, ANSWER)


def wsgi(environ: dict[str, Any], start: Any) -> list[bytes]:
    environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
    start("200 OK", [*HEADERS, ("content-length", str(len(ANSWER)))])
    return [ANSWER]


def flask(*_args: Any) -> Any:
    app = Flask("bare")

    @app.post("/api/agents/heartbeat")
    def beat() -> Response:
        request.get_data(cache=False)
        return Response(ANSWER, mimetype="application/json")

    return app


def main(kind: str, port: int) -> None:
    settings: dict[str, Any] = {"port": port, "workers": 1, "backlog": 2048, "websockets": False, "log_enabled": False}
    if kind == "rsgi":
        settings |= {"interface": Interfaces.RSGI, "loop": Loops.asyncio, "task_impl": TaskImpl.asyncio}
    else:
        settings |= {"interface": Interfaces.WSGI, "blocking_threads": 1}
    target = {"rsgi": lambda _: rsgi, "wsgi": lambda _: wsgi, "flask": flask}[kind]
    Granian("bench", http=HTTPModes.http1, **settings).serve(target_loader=target)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
