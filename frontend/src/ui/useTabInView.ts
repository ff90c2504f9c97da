import { useRouterState } from "@tanstack/react-router";
import { type RefObject, useEffect, useRef } from "react";

/** For a bar of tabs that may be wider than the page: the chosen one is always in sight. */
export function useTabInView(): RefObject<HTMLElement | null> {
  const bar = useRef<HTMLElement>(null);
  const path = useRouterState({ select: (state) => state.resolvedLocation?.pathname });
  useEffect(() => {
    const chosen = bar.current?.querySelector('[aria-current="page"]');
    chosen?.scrollIntoView({ inline: "nearest", block: "nearest" });
  }, [path]);
  return bar;
}
