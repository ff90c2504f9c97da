"""How late silence is noticed at 10,000 members: the real flush script, the real store, a sleeper on its head."""

from __future__ import annotations

import multiprocessing
import random
import statistics
import time
from typing import Any
from uuid import UUID, uuid4

import redis
from serversctl.heartbeats.coalescer import PERIOD_SEC
from serversctl.heartbeats.latest import RedisLiveness
from serversctl.heartbeats.store import FlushScript, StoredBeat
from support.servers.redis import Redis

from .ground import body_of

MEMBERS, KILLED, TIMEOUT_SEC, SECONDS = 10_000, 200, 3.0, 12.0
SLEEP_MAX_SEC = 0.25


def measure() -> dict[str, Any]:
    """Seconds past `receipt + timeout` at which each of the killed members was found; nobody else may be found."""
    with Redis.start() as server:
        ids = [uuid4() for _ in range(MEMBERS)]
        parent, far = multiprocessing.Pipe()
        loader = multiprocessing.Process(target=load, args=(server.url, ids, far))
        loader.start()
        parent.recv()  # everyone was heard once
        found, cpu_share = evaluate(redis.Redis.from_url(server.url))
        deaths: dict[UUID, float] = parent.recv()
        loader.join()
    late = sorted((found[member] - (died + TIMEOUT_SEC)) * 1000 for member, died in deaths.items() if member in found)
    return {
        "members": MEMBERS,
        "killed": len(deaths),
        "found": len(late),
        "falseAlarms": len(set(found) - set(deaths)),
        "flushMs": PERIOD_SEC * 1000,
        "p50Ms": round(statistics.median(late), 1),
        "p99Ms": round(late[int(len(late) * 0.99)], 1),
        "maxMs": round(late[-1], 1),
        "evaluatorCpuPct": round(cpu_share * 100, 2),
    }


def load(url: str, ids: list[UUID], pipe: Any) -> None:
    """Every member beats once a second at its own moment; 200 stop. Receipt times are CLOCK_MONOTONIC."""
    script, body = FlushScript(redis.Redis.from_url(url), "bench"), body_of(1)
    chance = random.Random(7)
    due = sorted((chance.random(), str(member)) for member in ids)
    texts = {str(member): member for member in ids}
    doomed = {str(member): chance.uniform(3.0, 7.0) for member in chance.sample(ids, KILLED)}
    last: dict[str, float] = {}
    began, told = time.monotonic(), False
    queue = [(offset, member) for offset, member in due]
    place, turn, next_flush = 0, 0, began + PERIOD_SEC
    while (now := time.monotonic()) < began + SECONDS:
        beats = []
        while True:
            at = began + turn + queue[place][0]
            if at > now:
                break
            member = queue[place][1]
            if at - began < doomed.get(member, 1e9):
                fields = (
                    member,
                    now - at,
                    "b",
                    turn + 1,
                    None,
                    100,
                    "203.0.113.10",
                    "127.0.0.1",
                    True,
                    True,
                    1,
                    "haproxy",
                    [],
                    None,
                )
                beats.append(StoredBeat(fields, b"\0" * 8, b"\0" * 8, body))
                last[member] = at
            place += 1
            if place == len(queue):
                place, turn = 0, turn + 1
        script.run(beats, None)
        if turn >= 1 and not told:
            pipe.send("ready")
            told = True
        next_flush += PERIOD_SEC
        time.sleep(max(0.0, next_flush - time.monotonic()))
    pipe.send({texts[member]: last[member] for member in doomed})


def evaluate(client: redis.Redis) -> tuple[dict[UUID, float], float]:
    """Sleep until the head of the seen set would be overdue, look, repeat. Answers when each was found."""
    liveness = RedisLiveness(client)
    found: dict[UUID, float] = {}
    began, cpu = time.monotonic(), time.process_time()
    while time.monotonic() - began < SECONDS - 2.0:
        now = liveness.now()
        # The flush period is added to the deadline: a beat may be that long on its way.
        for member, _ in liveness.silent(now - TIMEOUT_SEC - PERIOD_SEC, limit=1000):
            found.setdefault(member, time.monotonic())
        heads = [at for member, at in liveness.silent(now, limit=len(found) + 1) if member not in found]
        deadline = heads[0] + TIMEOUT_SEC + PERIOD_SEC - now if heads else SLEEP_MAX_SEC
        time.sleep(min(max(deadline, 0.001), SLEEP_MAX_SEC))
    return found, (time.process_time() - cpu) / (time.monotonic() - began)
