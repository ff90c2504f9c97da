import { screen, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { show } from "../../testing/render";
import { DocsPage } from "./DocsPage";

const open = (at: string) => show(<DocsPage />, { path: "/docs/$", at });

describe("the documentation", () => {
  it("shows a page of docs/ with its one title, and the list in the order of the README", async () => {
    open("/docs/install");
    expect(await screen.findByRole("heading", { level: 1, name: "Install the control plane" })).toBeVisible();
    expect(screen.getAllByRole("heading", { level: 1 })).toHaveLength(1);
    const list = screen.getByRole("navigation", { name: "Documentation" });
    const names = (await within(list).findAllByRole("link")).map((link) => link.textContent);
    expect(names.slice(0, 2)).toEqual(["Concepts", "Install"]);
    expect(within(list).getByRole("link", { name: "Install" })).toHaveAttribute("aria-current", "page");
    expect(document.title).toContain("Install the control plane");
  });

  it("leads from page to page inside of the dashboard", async () => {
    const { user } = open("/docs/decisions");
    await user.click(await screen.findByRole("link", { name: /One port on granian/ }));
    expect(await screen.findByRole("heading", { level: 1, name: /One port on granian/ })).toBeVisible();
    await user.click(screen.getByRole("link", { name: "All decisions" }));
    expect(await screen.findByRole("heading", { level: 1, name: "Decisions" })).toBeVisible();
  });

  it("finds a heading on any page", async () => {
    const { user } = open("/docs/concepts");
    await user.type(await screen.findByLabelText("Search titles and headings"), "as a service");
    const hit = await screen.findByRole("link", { name: /As a service/ });
    expect(hit).toHaveAttribute("href", "/docs/install#as-a-service");
    await user.click(hit);
    expect(await screen.findByRole("heading", { level: 1, name: "Install the control plane" })).toBeVisible();
  });

  it("says when nothing is found, and when there is no such page", async () => {
    const { user } = open("/docs/nothing-here");
    expect(await screen.findByRole("heading", { level: 1, name: /no such page/ })).toBeVisible();
    await user.type(screen.getByLabelText("Search titles and headings"), "xyzzy");
    expect(await screen.findByText("No title and no heading has these words.")).toBeVisible();
  });
});
