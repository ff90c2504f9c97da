import { HttpResponse, http } from "msw";
import { afterEach, expect, test, vi } from "vitest";
import { server } from "../../testing/server";
import { Connection } from "./connection";
import type { Frame } from "./frames";
import { retryDelayMs, type StreamStatus } from "./status";

let connection: Connection | undefined;
afterEach(() => connection?.close());

interface Call {
  url: string;
  lastId: string | null;
  say: (text: string) => void;
  end: () => void;
}

/** A server of event streams: each request is held open and can be spoken into. */
function streams(status: (call: number) => number = () => 200): Call[] {
  const calls: Call[] = [];
  server.use(
    http.get("*/api/events", ({ request }) => {
      const at = status(calls.length);
      const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
      const writer = writable.getWriter();
      const swallow = () => undefined;
      calls.push({
        url: new URL(request.url).search,
        lastId: request.headers.get("Last-Event-ID"),
        say: (text) => void writer.write(new TextEncoder().encode(text)).catch(swallow),
        end: () => void writer.close().catch(swallow),
      });
      if (at !== 200) return HttpResponse.json({ code: "not_signed_in", detail: "Sign in." }, { status: at });
      return new HttpResponse(readable, { headers: { "Content-Type": "text/event-stream" } });
    }),
  );
  return calls;
}

function open(silenceMs = 10_000) {
  const frames: Frame[] = [];
  const kinds: StreamStatus["kind"][] = [];
  connection = new Connection(
    {
      url: (pools) => `${window.location.origin}/api/events${pools.length ? `?beats=${pools.join()}` : ""}`,
      onFrame: (frame) => frames.push(frame),
      onStatus: (status) => kinds.push(status.kind),
      silenceMs,
    },
    null,
  );
  connection.want([]);
  return { frames, kinds, connection };
}

test("after a cut it goes on from the last event that it saw", async () => {
  const calls = streams();
  const { frames, kinds, connection: mine } = open();
  await vi.waitFor(() => expect(kinds).toEqual(["live"]));
  calls[0]?.say("id: 5-0\nevent: job.completed\ndata: {}\n\n");
  await vi.waitFor(() => expect(frames).toHaveLength(1));
  calls[0]?.end();
  await vi.waitFor(() => expect(kinds).toContain("reconnecting"));
  mine.retryNow();
  await vi.waitFor(() => expect(calls).toHaveLength(2));
  expect(calls[1]?.lastId).toBe("5-0");
  await vi.waitFor(() => expect(kinds.at(-1)).toBe("live"));
});

test("a stream on which nothing comes, not even a comment, is taken for dead", async () => {
  streams();
  const { kinds } = open(150);
  await vi.waitFor(() => expect(kinds).toContain("reconnecting"));
});

test("comments keep a quiet stream alive", async () => {
  const calls = streams();
  const { kinds } = open(400);
  await vi.waitFor(() => expect(kinds).toEqual(["live"]));
  for (let i = 0; i < 8; i += 1) {
    calls[0]?.say(": still here\n\n");
    await new Promise((done) => setTimeout(done, 100));
  }
  expect(kinds).toEqual(["live"]);
});

test("another pool on screen asks anew, the same one does not", async () => {
  const calls = streams();
  const { connection: mine, kinds } = open();
  await vi.waitFor(() => expect(kinds).toEqual(["live"]));
  mine.want(["p1"]);
  await vi.waitFor(() => expect(calls).toHaveLength(2));
  expect(calls[1]?.url).toBe("?beats=p1");
  mine.want(["p1"]);
  await new Promise((done) => setTimeout(done, 50));
  expect(calls).toHaveLength(2);
});

test("a session that ended is told", async () => {
  streams(() => 401);
  const { frames } = open();
  await vi.waitFor(() => expect(frames.map((frame) => frame.event)).toContain("signed_out"));
});

test("waits grow to 15 s at most and differ by chance", () => {
  expect([0, 1, 2, 3, 10].map((failures) => retryDelayMs(failures, () => 1))).toEqual([1000, 2000, 4000, 8000, 15_000]);
  expect(retryDelayMs(3, () => 0)).toBe(4000);
});
