"""axe-core in the page: WCAG 2.0 to 2.2, levels A and AA."""

from __future__ import annotations

from playwright.sync_api import Page

from e2e.stage import ROOT

SOURCE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
COLOURS = ["color-contrast"]  # all that another theme of the same page can break
RUN = """([type, values]) => axe.run(document, {
    runOnly: {type, values},
    resultTypes: ["violations"],
}).then((found) => found.violations.map((one) => ({
    id: one.id, help: one.help,
    nodes: one.nodes.slice(0, 4).map((node) => node.target.join(" ") + " " + node.html.slice(0, 160)
        + (node.any[0] ? " (" + node.any[0].message.slice(0, 160) + ")" : "")),
})))"""


def bring_axe(page: Page) -> None:
    """Before the page is opened: scripts of the debugger come in past the page's own policy, which stays as it is."""
    page.add_init_script(path=SOURCE)


def axe_findings(page: Page, *, only_colours: bool = False) -> list[str]:
    """One line for each finding, with where it is."""
    found = page.evaluate(RUN, ["rule", COLOURS] if only_colours else ["tag", TAGS])
    return [f"{one['id']}: {one['help']}\n      " + "\n      ".join(one["nodes"]) for one in found]
