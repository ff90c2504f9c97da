import { type RefObject, useLayoutEffect, useState } from "react";
import type { Box } from "./paths";

/** Where the cards with `data-node` stand inside `frame`; measured again whenever one of them changes its size. */
export function useBoxes(frame: RefObject<HTMLElement | null>, names: string): ReadonlyMap<string, Box> {
  const [boxes, setBoxes] = useState<ReadonlyMap<string, Box>>(new Map());
  useLayoutEffect(() => {
    const element = frame.current;
    if (!element) return;
    const measure = () => {
      const origin = element.getBoundingClientRect();
      const found = new Map<string, Box>();
      for (const node of element.querySelectorAll<HTMLElement>("[data-node]")) {
        const { left, top, width, height } = node.getBoundingClientRect();
        found.set(node.dataset["node"] ?? "", { left: left - origin.left, top: top - origin.top, width, height });
      }
      setBoxes((before) => (same(before, found) ? before : found));
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    for (const node of element.querySelectorAll("[data-node]")) observer.observe(node);
    return () => observer.disconnect();
  }, [frame, names]);
  return boxes;
}

function same(a: ReadonlyMap<string, Box>, b: ReadonlyMap<string, Box>): boolean {
  if (a.size !== b.size) return false;
  for (const [name, box] of a) {
    const other = b.get(name);
    if (!other || box.left !== other.left || box.top !== other.top) return false;
    if (box.width !== other.width || box.height !== other.height) return false;
  }
  return true;
}
