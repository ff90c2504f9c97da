import { screen, waitFor } from "@testing-library/react";
import { useContext } from "react";
import { expect, test } from "vitest";
import { keys } from "../../api/keys";
import { meOf } from "../../testing/me";
import { show } from "../../testing/render";
import { answers, refuses } from "../../testing/server";
import { ZoneContext } from "../../ui/time/zone";
import { ZoneProvider } from "../ZoneProvider";
import { Preferences } from "./Preferences";

function Choice() {
  const { zone, setZone } = useContext(ZoneContext);
  return (
    <button type="button" onClick={() => setZone(zone === "utc" ? "local" : "utc")}>
      {zone}
    </button>
  );
}

function open(timeZone: "utc" | "local") {
  const shown = show(
    <ZoneProvider>
      <Preferences />
      <Choice />
    </ZoneProvider>,
  );
  shown.client.setQueryData(keys.me, meOf({ preferences: { timeZone, theme: "light", savedFilters: [] } }));
  return shown;
}

test("a browser that never chose takes what the account says, and sends nothing", async () => {
  const sent = answers("put", "/api/auth/preferences", {});
  open("local");
  expect(await screen.findByRole("button", { name: "local" })).toBeInTheDocument();
  expect(sent).toHaveLength(0);
});

test("a choice goes to the account at once", async () => {
  const sent = answers("put", "/api/auth/preferences", {});
  const { user } = open("utc");
  await user.click(await screen.findByRole("button", { name: "utc" }));
  await waitFor(() => expect(sent).toHaveLength(1));
  expect(await sent[0]?.json()).toMatchObject({ timeZone: "local" });
});

test("a choice that did not reach the account wins at the next visit and is told then", async () => {
  refuses("put", "/api/auth/preferences", { status: 503, code: "unavailable", detail: "Later." });
  const first = open("utc");
  await first.user.click(await screen.findByRole("button", { name: "utc" }));
  await waitFor(() => expect(localStorage.getItem("sctl-preferences-unsaved")).toBe("1"));
  first.unmount();
  const sent = answers("put", "/api/auth/preferences", {});
  open("utc");
  expect(await screen.findByRole("button", { name: "local" })).toBeInTheDocument();
  await waitFor(() => expect(sent).toHaveLength(1));
  await waitFor(() => expect(localStorage.getItem("sctl-preferences-unsaved")).toBeNull());
});
