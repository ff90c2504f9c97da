import { Button, Skeleton } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { ProblemNote } from "./ProblemNote";
import c from "./Section.module.css";

interface Props<Data> {
  query: Pick<UseQueryResult<Data>, "data" | "error" | "refetch" | "isFetching">;
  children: (data: Data) => ReactNode;
  /** The final shape in grey, shown only at the first load and only after 200 ms. */
  skeleton?: ReactNode;
  /** Shown instead of the children when `isEmpty` says so. */
  empty?: ReactNode;
  isEmpty?: (data: Data) => boolean;
  /** The plan does not have it: the content stays visible behind one line and one link. */
  locked?: string | null | undefined;
}

/** A part of a page in one of its named states: loading, failed, empty, locked, shown. Old data stays while new come. */
export function Section<Data>({ query, children, skeleton, empty, isEmpty, locked }: Props<Data>) {
  const { data, error, refetch, isFetching } = query;
  const [slow] = useDebouncedValue(data === undefined, 200);
  if (data === undefined) {
    if (error) {
      return (
        <ProblemNote problem={error}>
          <Button size="xs" variant="default" loading={isFetching} onClick={() => void refetch()}>
            Try again
          </Button>
        </ProblemNote>
      );
    }
    return (
      <div aria-busy="true" className={c["wait"]}>
        <span className="vh">Loading</span>
        {slow ? (skeleton ?? <Lines />) : null}
      </div>
    );
  }
  const shown = isEmpty?.(data) && empty !== undefined ? empty : children(data);
  if (!locked) return <>{shown}</>;
  return (
    <>
      <p className={c["lock"]}>{locked}</p>
      <div className={c["locked"]} inert>
        {shown}
      </div>
    </>
  );
}

export function Lines({ count = 4 }: { count?: number }) {
  return (
    <div className={c["lines"]}>
      {Array.from({ length: count }, (_, place) => (
        <Skeleton key={place} height={18} radius={6} />
      ))}
    </div>
  );
}
