import { Checkbox } from "@mantine/core";
import { IconArrowDown, IconArrowUp } from "@tabler/icons-react";
import {
  type ColumnDef,
  createSortedRowModel,
  rowSelectionFeature,
  rowSortingFeature,
  tableFeatures,
  useTable,
} from "@tanstack/react-table";
import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { memo, type ReactNode, useCallback, useLayoutEffect, useMemo, useRef, useState } from "react";
import type { Column, Sort } from "./columns";
import c from "./DataTable.module.css";

const features = tableFeatures({
  rowSortingFeature,
  rowSelectionFeature,
  sortedRowModel: createSortedRowModel(),
});

/** Above this many rows only those on screen are in the page. */
const VIRTUAL_FROM = 60;
const ROW_PX = 45;

interface Props<Row> {
  /** Keep the identity of rows that did not change: each row is painted again only when its object is another one. */
  rows: readonly Row[];
  columns: readonly Column<Row>[];
  rowKey: (row: Row) => string;
  /** What the table lists, for screen readers: "Members of production-edge". */
  label: string;
  sort?: Sort | null;
  onSort?: (sort: Sort | null) => void;
  /** The rows stand in their order already (the server's, or one that is kept still): headers only ask for another. */
  ordered?: boolean;
  /** Keys of the chosen rows; with `onSelect` each row has a box. */
  selected?: ReadonlySet<string>;
  onSelect?: (selected: ReadonlySet<string>) => void;
  rowLabel?: (row: Row) => string;
  /** Rows in all, when more than these are on the server. */
  total?: number;
  empty?: ReactNode;
}

/** A real table that stays light with thousands of rows and turns into cards on a phone. */
export function DataTable<Row extends object>(props: Props<Row>) {
  const { rows, columns, rowKey, label, sort, onSort, selected, onSelect, rowLabel, total, empty, ordered } = props;
  const defs = useMemo<ColumnDef<typeof features, Row>[]>(
    () =>
      columns.map((column) => ({
        id: column.id,
        header: column.header,
        accessorFn: (row: Row) => column.sortBy?.(row) ?? undefined,
        enableSorting: column.sortBy !== undefined,
        sortUndefined: "last" as const,
        sortFn: byValue,
      })) as ColumnDef<typeof features, Row>[],
    [columns],
  );
  const sorting = useMemo(() => (sort && !ordered ? [sort] : []), [sort, ordered]);
  const table = useTable<typeof features, Row, { sorting: unknown }>(
    { features, columns: defs, data: rows as Row[], getRowId: rowKey, state: { sorting }, enableSortingRemoval: true },
    (state) => ({ sorting: state.sorting }),
  );
  const sorted = table.getRowModel().rows;

  // The rows keep one function for good: a choice then paints the row that it is about and no other.
  const chosen = useRef({ selected, onSelect });
  useLayoutEffect(() => {
    chosen.current = { selected, onSelect };
  });
  const choose = useCallback((key: string, on: boolean) => {
    const next = new Set(chosen.current.selected);
    if (on) next.add(key);
    else next.delete(key);
    chosen.current.onSelect?.(next);
  }, []);
  const tracks = useMemo(
    () => [...(onSelect ? ["36px"] : []), ...columns.map((column) => column.track ?? "minmax(90px, 1fr)")].join(" "),
    [columns, onSelect],
  );
  const allChosen = selected !== undefined && rows.length > 0 && rows.every((row) => selected.has(rowKey(row)));
  const someChosen = selected !== undefined && selected.size > 0 && !allChosen;

  const body = useRef<HTMLTableSectionElement>(null);
  const [top, setTop] = useState(0);
  useLayoutEffect(() => {
    const place = body.current?.getBoundingClientRect();
    if (place) setTop(place.top + window.scrollY);
  }, [rows.length]);
  const virtual = sorted.length > VIRTUAL_FROM;
  const virtualizer = useWindowVirtualizer({
    count: virtual ? sorted.length : 0,
    estimateSize: () => ROW_PX,
    overscan: 8,
    scrollMargin: top,
    getItemKey: (place) => sorted[place]?.id ?? place,
  });
  const shown = virtual
    ? virtualizer.getVirtualItems().map((item) => ({ place: item.index, offset: item.start - top }))
    : sorted.map((_, place) => ({ place, offset: null }));

  if (rows.length === 0 && empty !== undefined) return <>{empty}</>;
  return (
    <div className={c["frame"]} style={{ "--tracks": tracks } as React.CSSProperties}>
      <table className={c["table"]} aria-label={label} aria-rowcount={(total ?? sorted.length) + 1}>
        <thead className={c["head"]}>
          <tr className={c["row"]} aria-rowindex={1}>
            {onSelect && (
              <th className={c["cell"]} scope="col">
                <Checkbox
                  size="xs"
                  aria-label="Select all rows"
                  checked={allChosen}
                  indeterminate={someChosen}
                  onChange={(event) => onSelect(event.currentTarget.checked ? new Set(rows.map(rowKey)) : new Set())}
                />
              </th>
            )}
            {columns.map((column) => (
              <HeaderCell key={column.id} column={column} sort={sort ?? null} onSort={onSort} />
            ))}
          </tr>
        </thead>
        <tbody
          ref={body}
          className={c["body"]}
          style={virtual ? { height: virtualizer.getTotalSize(), position: "relative" } : undefined}
        >
          {shown.map(({ place, offset }) => {
            const row = sorted[place];
            if (row === undefined) return null;
            return (
              <MemoRow
                key={row.id}
                row={row.original}
                rowId={row.id}
                place={place}
                offset={offset}
                columns={columns as readonly Column<object>[]}
                chosen={selected?.has(row.id)}
                onChoose={onSelect ? choose : undefined}
                name={rowLabel?.(row.original)}
                measure={virtual ? virtualizer.measureElement : undefined}
              />
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

function HeaderCell<Row>({
  column,
  sort,
  onSort,
}: {
  column: Column<Row>;
  sort: Sort | null;
  onSort: ((sort: Sort | null) => void) | undefined;
}) {
  const mine = sort?.id === column.id ? sort : null;
  const order = mine === null ? "none" : mine.desc ? "descending" : "ascending";
  if (column.sortBy === undefined || onSort === undefined) {
    return (
      <th className={c["cell"]} scope="col" data-align={column.align}>
        {column.header}
      </th>
    );
  }
  const next = mine === null ? { id: column.id, desc: false } : mine.desc ? null : { id: column.id, desc: true };
  return (
    <th className={c["cell"]} scope="col" data-align={column.align} aria-sort={order}>
      <button type="button" className={c["sort"]} onClick={() => onSort(next)}>
        {column.header}
        {mine && (mine.desc ? <IconArrowDown size={13} aria-hidden /> : <IconArrowUp size={13} aria-hidden />)}
      </button>
    </th>
  );
}

interface RowProps {
  row: object;
  rowId: string;
  place: number;
  offset: number | null;
  columns: readonly Column<object>[];
  chosen: boolean | undefined;
  onChoose: ((key: string, on: boolean) => void) | undefined;
  name: string | undefined;
  measure: ((node: Element | null) => void) | undefined;
}

const MemoRow = memo(function TableRow({
  row,
  rowId,
  place,
  offset,
  columns,
  chosen,
  onChoose,
  name,
  measure,
}: RowProps) {
  const style =
    offset === null
      ? undefined
      : ({ position: "absolute", insetInline: 0, transform: `translateY(${offset}px)` } as const);
  return (
    <tr
      className={c["row"]}
      aria-rowindex={place + 2}
      data-index={place}
      data-row={rowId}
      ref={measure}
      style={style}
      data-chosen={chosen}
    >
      {onChoose && (
        <td className={c["cell"]} data-phone="box">
          <Checkbox
            size="xs"
            aria-label={`Select ${name ?? rowId}`}
            checked={chosen ?? false}
            onChange={(event) => onChoose(rowId, event.currentTarget.checked)}
          />
        </td>
      )}
      {columns.map((column) => (
        <td
          key={column.id}
          className={c["cell"]}
          data-align={column.align}
          data-phone={column.phone ?? "line"}
          data-label={column.header}
        >
          {column.cell(row)}
        </td>
      ))}
    </tr>
  );
});

function byValue(
  a: { getValue: (id: string) => unknown },
  b: { getValue: (id: string) => unknown },
  id: string,
): number {
  const left = a.getValue(id);
  const right = b.getValue(id);
  if (typeof left === "number" && typeof right === "number") return left - right;
  return String(left).localeCompare(String(right), "en", { numeric: true });
}
