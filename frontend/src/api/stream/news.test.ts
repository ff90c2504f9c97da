import { QueryClient } from "@tanstack/react-query";
import { expect, test, vi } from "vitest";
import { beats } from "../beats";
import { keysOf, News } from "./news";

const frame = (event: string, data: object) => ({ id: "1-0", event, data: JSON.stringify(data) });

test("an event refreshes what it makes old and nothing else", () => {
  const said = { kind: "failover.promoted", poolId: "p", memberId: "m" };
  const texts = keysOf(said).map((key) => key.join("/"));
  expect(texts).toEqual([
    "attention",
    "pools/p",
    "pools/list",
    "members/m",
    "members/list",
    "failover-events",
    "deliveries",
  ]);
  expect(keysOf({ kind: "job.progress", poolId: null, memberId: null }).map(String)).toEqual(["attention", "jobs"]);
});

test("a storm of events is one refresh", async () => {
  const client = new QueryClient();
  const refresh = vi.spyOn(client, "invalidateQueries");
  const news = new News(client, 20);
  for (let i = 0; i < 50; i += 1)
    news.take(frame("job.progress", { kind: "job.progress", poolId: "p", memberId: null }));
  await vi.waitFor(() => expect(refresh).toHaveBeenCalled());
  expect(refresh.mock.calls.length).toBe(4); // attention, the pool, the list of pools, jobs
});

test("after an overrun everything is asked again", () => {
  const client = new QueryClient();
  const refresh = vi.spyOn(client, "invalidateQueries");
  new News(client).take(frame("overrun", {}));
  expect(refresh).toHaveBeenCalledWith();
});

test("beats go to the rows; while the store is away all members of the pool are unknown", () => {
  const client = new QueryClient();
  client.setQueryData(["pools", "p", "overview"], { members: [{ id: "m1" }, { id: "m2" }] });
  const news = new News(client);
  news.take(
    frame("beats", {
      poolId: "p",
      full: true,
      liveness: "known",
      members: [{ id: "m1", state: "fresh", ageSec: 0.1 }],
    }),
  );
  expect(beats.get("m1").state).toBe("fresh");
  news.take(frame("beats", { poolId: "p", full: false, liveness: "unknown", members: [] }));
  expect([beats.get("m1").state, beats.get("m2").state]).toEqual(["unknown", "unknown"]);
});
