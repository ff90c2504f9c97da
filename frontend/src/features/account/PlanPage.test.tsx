import { screen } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { keys } from "../../api/keys";
import type { Me } from "../../api/session";
import { meOf } from "../../testing/me";
import { show } from "../../testing/render";
import { PlanPage } from "./PlanPage";

async function page(me: Me) {
  const shown = show(<PlanPage />);
  shown.client.setQueryData(keys.me, me);
  await screen.findByRole("heading", { name: "Plan" });
}

describe("the plan page", () => {
  it("says that nothing is gated on an own installation", async () => {
    await page(meOf());
    expect(screen.getByText("This installation is self-hosted: nothing is gated.")).toBeVisible();
  });

  it("lists what Community locks, and the way to tell what one needs", async () => {
    const locks = [{ name: "crossMemberRestore", title: "Restore to another member" }];
    await page(meOf({ edition: "hosted", locks, gates: { ...meOf().gates, failoverDelayMinSec: 120 } }));
    expect(screen.getByText("Restore to another member")).toBeVisible();
    expect(screen.getByText("120 s")).toBeVisible();
    expect(screen.getByRole("heading", { name: "Say what you need" })).toBeVisible();
  });

  it("says how long a trial runs", async () => {
    const trialUntil = new Date(Date.now() + 5.5 * 86_400_000).toISOString();
    await page(meOf({ edition: "hosted", account: { ...meOf().account, trialUntil } }));
    expect(screen.getByText("Community, with Pro rights while the trial runs")).toBeVisible();
    expect(screen.getByText("in 5 d")).toBeVisible();
  });
});
