import { screen, waitFor, within } from "@testing-library/react";
import { beforeEach, expect, test } from "vitest";
import { meQuery } from "../../api/session";
import { meOf } from "../../testing/me";
import { show } from "../../testing/render";
import { answers, refuses } from "../../testing/server";
import type { Overview, Snapshot } from "./backupQueries";
import { MemberBackupsPage } from "./MemberBackupsPage";

const POOL = "11111111-1111-4111-8111-111111111111";
const MEMBER = "22222222-2222-4222-8222-222222222222";
const SNAP = "33333333-3333-4333-8333-333333333333";

const aSnapshot = (more: Partial<Snapshot> = {}): Snapshot => ({
  id: SNAP,
  memberId: MEMBER,
  memberName: "edge-1.example.com",
  poolId: POOL,
  kind: "haproxy",
  state: "complete",
  note: "",
  jobId: "44444444-4444-4444-8444-444444444444",
  createdAt: "2026-11-20T02:00:00Z",
  endedAt: "2026-11-20T02:00:04Z",
  durationSec: 4,
  files: 12,
  bytes: 34_000,
  storedBytes: 9000,
  newBytes: 700,
  metadata: "present",
  object: "present",
  checkedAt: "2026-11-20T02:00:04Z",
  verification: "never",
  verificationDetail: "",
  verifiedAt: null,
  verifyJobId: null,
  unreadable: [],
  scopes: [
    { id: "main_config", title: "Main configuration", files: 1, bytes: 900 },
    { id: "certificates", title: "Certificates", files: 11, bytes: 33_100 },
  ],
  keptBecause: ["one of the last 7"],
  error: null,
  deleteAfter: null,
  ...more,
});

const anOverview = (more: Partial<Overview> = {}): Overview => ({
  snapshotCount: 1,
  totalBytes: 34_000,
  storedBytes: 9000,
  lastBackupAt: "2026-11-20T02:00:00Z",
  lastVerifiedAt: null,
  calendar: [{ date: "2026-11-20", count: 2, failed: 1, bytes: 700 }],
  kinds: [
    { id: "haproxy", title: "HAProxy", command: "backup.haproxy", available: true, reason: "", scopes: [] },
    {
      id: "ufw",
      title: "Firewall (ufw)",
      command: "backup.ufw",
      available: false,
      reason: "There is no ufw.",
      scopes: [],
    },
  ],
  plan: {
    enabled: false,
    cron: "0 2 * * *",
    sentence: "At 02:00 (UTC)",
    kinds: ["haproxy"],
    keepLast: 7,
    keepDaily: 14,
    keepWeekly: 8,
    keepMonthly: 12,
    verifyWeekly: true,
    nextSlot: null,
  },
  keyGeneration: 1,
  ...more,
});

function open(rows: Snapshot[] = [aSnapshot()], overview = anOverview()) {
  answers("get", `/api/members/${MEMBER}/backup-overview`, overview as never);
  answers("get", `/api/members/${MEMBER}/snapshots`, { items: rows, nextCursor: null } as never);
  const shown = show(<MemberBackupsPage />, {
    path: "/pools/$pool/members/$member/backups",
    at: `/pools/${POOL}/members/${MEMBER}/backups`,
  });
  shown.client.setQueryData(meQuery.queryKey, meOf() as never);
  return shown;
}

beforeEach(() => {
  answers("get", `/api/pools/${POOL}/overview`, {
    pool: { id: POOL, name: "edge", template: "haproxy" },
    members: [{ id: MEMBER, poolId: POOL, displayName: "edge-1", hostname: "edge-1.example.com", publicIps: [] }],
  } as never);
});

test("a snapshot says its state, sizes, where it is, and why it is kept", async () => {
  open();
  const card = await screen.findByRole("listitem", { name: /^Snapshot 2026/ });
  expect(within(card).getByText("Complete")).toBeInTheDocument();
  expect(within(card).getByText("Not proved yet")).toBeInTheDocument();
  expect(within(card).getByText("Metadata present · objects present")).toBeInTheDocument();
  expect(within(card).getByText("Kept: one of the last 7.")).toBeInTheDocument();
});

test("a restore asks for the parts and sends only those that are chosen", async () => {
  const came = answers("post", `/api/snapshots/${SNAP}/restore`, { id: "j" } as never, 202);
  const { user } = open();
  await user.click(await screen.findByRole("button", { name: "Restore…" }));
  const dialog = await screen.findByRole("dialog");
  await user.click(within(dialog).getByRole("checkbox", { name: "Certificates" }));
  await user.click(within(dialog).getByRole("button", { name: "Restore edge-1" }));
  await waitFor(() => expect(came).toHaveLength(1));
  expect(await came[0]?.json()).toEqual({ scopes: ["main_config"] });
});

test("without a part nothing can be restored", async () => {
  const { user } = open();
  await user.click(await screen.findByRole("button", { name: "Restore…" }));
  const dialog = await screen.findByRole("dialog");
  for (const name of ["Certificates", "Main configuration"]) {
    await user.click(within(dialog).getByRole("checkbox", { name }));
  }
  expect(within(dialog).getByText("Choose at least one part.")).toBeInTheDocument();
});

test("a partial snapshot names what could not be saved, as text", async () => {
  const hostile = "/etc/haproxy/<img src=x onerror=1>";
  open([aSnapshot({ state: "partial", unreadable: [{ path: hostile, why: "Permission denied" }] })]);
  expect(await screen.findByText("1 file could not be saved whole")).toBeInTheDocument();
  expect(screen.getByText(hostile)).toBeInTheDocument();
  expect(document.querySelector("img")).toBeNull();
});

test("a deletion is held and can be taken back", async () => {
  const came = answers("post", `/api/snapshots/${SNAP}/keep`, aSnapshot() as never);
  const { user } = open([aSnapshot({ state: "deleting", deleteAfter: "2026-11-27T02:00:00Z" })]);
  await user.click(await screen.findByRole("button", { name: "Keep snapshot" }));
  await waitFor(() => expect(came).toHaveLength(1));
  expect(screen.queryByRole("button", { name: "Restore…" })).toBeNull();
});

test("a plan that never comes is refused at its field", async () => {
  refuses("put", `/api/members/${MEMBER}/backup-plan`, {
    status: 422,
    code: "schedule_never_runs",
    detail: "There is no such day.",
    errors: { cron: ["0 0 31 2 * never comes."] },
  });
  const { user } = open();
  const cron = await screen.findByRole("textbox", { name: /When/ });
  await user.clear(cron);
  await user.type(cron, "0 0 31 2 *");
  await user.click(screen.getByRole("button", { name: "Save plan" }));
  expect(await screen.findByText("0 0 31 2 * never comes.")).toBeInTheDocument();
});

test("the calendar says its days in words, and a kind that is not there says why", async () => {
  const { user } = open([]);
  await user.click(await screen.findByText("Show the days as a list"));
  expect(screen.getByText("2026-11-20: 2 backups, 1 failed")).toBeInTheDocument();
  expect(screen.getByText(/No backup yet/)).toBeInTheDocument();
});
