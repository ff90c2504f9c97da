import { expect, test, vi } from "vitest";
import { BeatStore, STRIP_LENGTH } from "./beats";

const beat = (id: string, more: object = {}) => ({
  id,
  state: "fresh" as const,
  ageSec: 0.4,
  haproxyActive: true,
  ...more,
});

test("one beat wakes its own row and no other", () => {
  const store = new BeatStore();
  const mine = vi.fn();
  const other = vi.fn();
  store.subscribe("a", mine);
  store.subscribe("b", other);
  store.hear([beat("a")], 1000);
  expect([mine.mock.calls.length, other.mock.calls.length]).toEqual([1, 0]);
  expect(store.get("a").heardAt).toBe(600);
});

test("a figure that a message leaves out stays, one that it clears goes", () => {
  const store = new BeatStore();
  store.hear([beat("a", { cpuPct: 23 })], 0);
  store.hear([beat("a")], 1000);
  expect(store.get("a").cpuPct).toBe(23);
  store.hear([beat("a", { cpuPct: null })], 2000);
  expect(store.get("a").cpuPct).toBeNull();
});

test("the strip grows by one letter a second and stays bounded", () => {
  const store = new BeatStore();
  store.seed(beat("a"), ".".repeat(3), 0);
  store.hear([beat("a")], 1);
  store.hear([beat("a", { state: "late" })], 2);
  store.hear([beat("a", { haproxyMonitored: true, haproxyActive: false })], 3);
  expect(store.get("a").strip).toBe("...old");
  for (let i = 0; i < 200; i += 1) store.hear([beat("a")], i);
  expect(store.get("a").strip).toHaveLength(STRIP_LENGTH);
});

test("a host without HAProxy is no host whose HAProxy is down", () => {
  const store = new BeatStore();
  store.seed(beat("a", { haproxyActive: false, haproxyMonitored: false }), "", 0);
  store.hear([beat("a", { haproxyActive: false })], 1);
  expect(store.get("a").strip).toBe("o");
});

test("when the heartbeat store is away nobody is called healthy", () => {
  const store = new BeatStore();
  store.hear([beat("a")], 0);
  store.lose(["a"]);
  expect(store.get("a").state).toBe("unknown");
});
