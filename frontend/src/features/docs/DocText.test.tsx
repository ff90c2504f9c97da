import { screen } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { show } from "../../testing/render";
import { DocText } from "./DocText";
import { headingsOf } from "./headings";
import { resolve, targetOf } from "./links";

const page = (text: string) =>
  show(<DocText text={text} slug="decisions/0001-one-port-on-the-event-loop" file="decisions/0001.md" />);

describe("the text of a page", () => {
  it("holds no HTML of its own, no script address and no foreign picture", async () => {
    page(
      "# T\n\n<!-- generated -->\n\n<img src=x onerror=1>\n\n[a](javascript:alert(1)) ![b](https://evil.example/x.png) [c](//evil.example)",
    );
    await screen.findByRole("heading", { name: "T" });
    expect(document.querySelector("img")).toBeNull();
    expect(document.body.textContent).not.toContain("generated");
    expect(screen.queryAllByRole("link")).toHaveLength(0);
  });

  it("gives each heading the anchor of the list, also where two are called the same", async () => {
    page("# T\n\n## Same\n\n## Same\n");
    await screen.findByRole("heading", { name: "T" });
    expect(document.querySelector("h2#same")).not.toBeNull();
    expect(document.querySelector("h2#same-1")).not.toBeNull();
  });

  it("offers each example for copying, exactly", async () => {
    page("# T\n\n```sh\nmake up   # start\n```\n");
    expect(await screen.findByRole("button", { name: "Copy the example" })).toBeVisible();
    expect(document.querySelector("pre")?.textContent).toBe("make up   # start");
  });
});

describe("links between pages", () => {
  it.each([
    ["../install.md#tls", { kind: "page", slug: "install", hash: "tls" }],
    ["README.md", { kind: "page", slug: "decisions", hash: "" }],
    ["../README.md", { kind: "page", slug: "", hash: "" }],
    ["#costs", { kind: "here", hash: "costs" }],
    ["https://www.rfc-editor.org/rfc/rfc9457", { kind: "outside", href: "https://www.rfc-editor.org/rfc/rfc9457" }],
    ["../../backend/serversctl/web/gate.py", { kind: "none" }],
    ["data:text/html,x", { kind: "none" }],
  ])("%s", (href, target) => expect(targetOf(href, "decisions/0001-one-port-on-the-event-loop")).toEqual(target));

  it("count pictures from the folder of the page", () =>
    expect(resolve("../images/architecture.svg", "decisions/0001.md")).toBe("images/architecture.svg"));
});

describe("headings", () => {
  it("are not looked for inside of examples", () =>
    expect(headingsOf("# A `b` [c](d.md)\n```sh\n# no heading\n```\n### Über, 2 & 3\n")).toEqual([
      { line: 1, depth: 1, text: "A b c", id: "a-b-c" },
      { line: 5, depth: 3, text: "Über, 2 & 3", id: "über-2--3" },
    ]));
});
