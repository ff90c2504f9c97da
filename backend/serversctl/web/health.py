"""`/healthz`: the process answers. `/readyz`: what it needs answers too, with reasons. `/metrics`: for Prometheus."""

from __future__ import annotations

import logging
import time
from typing import Any, cast

import prometheus_client
from flask import Flask, Response, current_app, g, jsonify, request
from flask.views import MethodView
from marshmallow import fields
from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import GaugeMetricFamily
from rq import Queue, Worker
from sqlalchemy import select, text

import serversctl

from ..failover.tables import MonitorLease
from ..identity.access import public
from ..kernel.db import database_now, reading
from ..kernel.health import LOOKS, Health
from ..kernel.http import Blueprint, WireSchema, wired

log = logging.getLogger(__name__)
blp = Blueprint("health", __name__, description="Liveness, readiness, measurements")


class HealthOut(WireSchema):
    status = fields.String(required=True, metadata={"example": "ok"})
    version = fields.String(required=True)


class CheckOut(WireSchema):
    name = fields.String(required=True)
    ok = fields.Boolean(required=True)
    needed = fields.Boolean(required=True)
    detail = fields.String(required=True)


class ReadyOut(WireSchema):
    """`ready`, `degraded` (something that is reported does not work) or `not_ready` (something needed does not)."""

    status = fields.String(required=True, metadata={"enum": ["ready", "degraded", "not_ready"]})
    checks = fields.List(fields.Nested(CheckOut), required=True)


@blp.route("/healthz")
class Healthz(MethodView):
    @public
    @blp.response(200, HealthOut)
    def get(self) -> dict[str, str]:
        """The process answers"""
        return {"status": "ok", "version": serversctl.__version__}


@blp.route("/readyz")
class Readyz(MethodView):
    @public
    @blp.response(200, ReadyOut)
    @blp.alt_response(503, schema=ReadyOut, description="Something needed does not work")
    def get(self) -> Response:
        """Whether this server can do its work, with the reasons"""
        looks = look_around()
        bad = [health for health in looks.values() if not health.ok]
        status = "ready" if not bad else "not_ready" if any(health.needed for health in bad) else "degraded"
        checks = [
            {"name": name, "ok": health.ok, "needed": health.needed, "detail": health.detail}
            for name, health in looks.items()
        ]
        answer = jsonify(ReadyOut().dump({"status": status, "checks": checks}))
        answer.status_code = 503 if status == "not_ready" else 200
        return answer


@blp.route("/metrics")
class Metrics(MethodView):
    @public
    @blp.response(200, content_type="text/plain", description="Prometheus text format")
    def get(self) -> Response:
        """Measurements of this process and of the installation, without any account's data"""
        registry: CollectorRegistry = current_app.extensions["serversctl.metrics"].registry
        return Response(prometheus_client.generate_latest(registry), content_type=prometheus_client.CONTENT_TYPE_LATEST)


def look_around() -> dict[str, Health]:
    """Every look by name; one that raises is not ok, with the kind of error as the reason."""
    found = {}
    looks = [("database", _database), ("redis", _redis), ("worker", _worker), ("monitor", _monitor), *LOOKS.items()]
    for name, look in looks:
        try:
            found[name] = look(wired())
        except Exception as why:  # noqa: BLE001 - whatever it is, it is the answer
            log.warning("readiness: %s: %s", name, why)
            found[name] = Health(False, f"no answer ({type(why).__name__})", needed=name in {"database", "redis"})
    return found


def _database(wiring: Any) -> Health:
    with reading(wiring.sessions) as session:
        session.execute(text("SELECT 1"))
    return Health(True, "answers", needed=True)


def _redis(wiring: Any) -> Health:
    wiring.redis.ping()
    return Health(True, "answers", needed=True)


def _worker(wiring: Any) -> Health:
    count = Worker.count(connection=wiring.redis)
    return Health(count > 0, f"{count} running" if count else "none is running: start `serversctl worker`")


def _monitor(wiring: Any) -> Health:
    with reading(wiring.sessions) as session:
        lease = session.scalar(
            select(MonitorLease).where(MonitorLease.released.is_(False)).order_by(MonitorLease.expires_at.desc())
        )
        left_sec = (lease.expires_at - database_now(session)).total_seconds() if lease else 0.0
        holder = lease.holder if lease else ""
    if lease is None:
        return Health(False, "no monitor decides: start `serversctl monitor`")
    if left_sec <= 0:
        return Health(False, f"the lease of {holder} ran out {-left_sec:.0f} s ago: start `serversctl monitor`")
    return Health(True, f"{holder} decides, its lease is good for {left_sec:.0f} s")


class Meters:
    """Counts of this process, and the looks and queues as they are when somebody asks."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "serversctl_http_requests", "Requests by operation", ["method", "route", "status"], registry=self.registry
        )
        self.seconds = Histogram(
            "serversctl_http_request_seconds", "Time per request", ["method", "route"], registry=self.registry
        )
        self.registry.register(self)

    def collect(self) -> list[GaugeMetricFamily]:
        up = GaugeMetricFamily("serversctl_check_ok", "1 when the part works", labels=["part"])
        waiting = GaugeMetricFamily("serversctl_queue_jobs", "Jobs waiting in a queue", labels=["queue"])
        looks = look_around()
        for name, health in looks.items():
            up.add_metric([name], float(health.ok))
        if looks["redis"].ok:
            for queue in Queue.all(connection=wired().redis):
                waiting.add_metric([queue.name], float(queue.count))
        return [up, waiting]

    def describe(self) -> list[GaugeMetricFamily]:
        return []

    def note(self, response: Response) -> Response:
        route = request.url_rule.rule if request.url_rule else "unknown"
        self.requests.labels(request.method, route, str(response.status_code)).inc()
        self.seconds.labels(request.method, route).observe(time.perf_counter() - g.get("began", time.perf_counter()))
        return response


def install(app: Flask) -> None:
    meters = Meters()
    app.extensions["serversctl.metrics"] = meters
    app.after_request(cast(Any, meters.note))
