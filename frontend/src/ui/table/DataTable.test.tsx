import { screen, within } from "@testing-library/react";
import { useState } from "react";
import { expect, test } from "vitest";
import { show } from "../../testing/render";
import { type Column, readSort, type Sort, sortText } from "./columns";
import { DataTable } from "./DataTable";

interface Row {
  id: string;
  name: string;
  size: number | null;
}

const rows: Row[] = [
  { id: "1", name: "edge-10", size: 5 },
  { id: "2", name: "edge-2", size: null },
  { id: "3", name: "edge-1", size: 70 },
];
let painted: string[] = [];
const columns: Column<Row>[] = [
  {
    id: "name",
    header: "Name",
    sortBy: (row) => row.name,
    cell: (row) => {
      painted.push(row.id);
      return row.name;
    },
  },
  { id: "size", header: "Size", sortBy: (row) => row.size, cell: (row) => row.size ?? "unknown", align: "right" },
];

function Table({ data = rows }: { data?: readonly Row[] }) {
  const [sort, setSort] = useState<Sort | null>(null);
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  return (
    <>
      <DataTable
        rows={data}
        columns={columns}
        rowKey={(row) => row.id}
        rowLabel={(row) => row.name}
        label="Hosts"
        sort={sort}
        onSort={setSort}
        selected={selected}
        onSelect={setSelected}
        empty={<p>None.</p>}
      />
      <output>{[...selected].join()}</output>
    </>
  );
}

const names = () =>
  within(screen.getByRole("table", { name: "Hosts" }))
    .getAllByRole("row")
    .slice(1)
    .map((row) => within(row).getByText(/^edge-/).textContent);

test("numbers in names sort as people count, and a third click gives the first order back", async () => {
  const { user } = show(<Table />);
  await user.click(await screen.findByRole("button", { name: "Name" }));
  expect(names()).toEqual(["edge-1", "edge-2", "edge-10"]);
  expect(screen.getByRole("columnheader", { name: "Name" })).toHaveAttribute("aria-sort", "ascending");
  await user.click(screen.getByRole("button", { name: "Name" }));
  expect(names()).toEqual(["edge-10", "edge-2", "edge-1"]);
  await user.click(screen.getByRole("button", { name: "Name" }));
  expect(names()).toEqual(["edge-10", "edge-2", "edge-1"]);
  expect(screen.getByRole("columnheader", { name: "Name" })).toHaveAttribute("aria-sort", "none");
});

test("what is not known goes last in both directions", async () => {
  const { user } = show(<Table />);
  await user.click(await screen.findByRole("button", { name: "Size" }));
  expect(names()).toEqual(["edge-10", "edge-1", "edge-2"]);
  await user.click(screen.getByRole("button", { name: "Size" }));
  expect(names()).toEqual(["edge-1", "edge-10", "edge-2"]);
});

test("rows are chosen one by one or all at once", async () => {
  const { user } = show(<Table />);
  await user.click(await screen.findByRole("checkbox", { name: "Select edge-2" }));
  expect(document.querySelector("output")).toHaveTextContent("2");
  await user.click(screen.getByRole("checkbox", { name: "Select all rows" }));
  expect(document.querySelector("output")).toHaveTextContent("1,2,3");
});

test("choosing one row paints that row alone again", async () => {
  const { user } = show(<Table />);
  const box = await screen.findByRole("checkbox", { name: "Select edge-2" });
  painted = [];
  await user.click(box);
  expect(painted.filter((id) => id !== "2")).toEqual([]);
});

test("an empty list is a sentence", async () => {
  show(<Table data={[]} />);
  expect(await screen.findByText("None.")).toBeInTheDocument();
});

test("a sort in the address is read back, and one that names no column is dropped", () => {
  expect(readSort("-size", ["name", "size"])).toEqual({ id: "size", desc: true });
  expect(readSort("evil", ["name"])).toBeNull();
  expect(sortText({ id: "size", desc: true })).toBe("-size");
});
