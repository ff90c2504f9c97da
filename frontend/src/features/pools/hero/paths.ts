/** A card's place inside the diagram, in pixels. */
export interface Box {
  left: number;
  top: number;
  width: number;
  height: number;
}

/**
 * The line from one card to the next: a soft curve when they stand side by side, a straight drop when they are stacked
 * as on a phone. Null when a card is not shown.
 */
export function pathBetween(from: Box | undefined, to: Box | undefined): string | null {
  if (!from || !to || from.width === 0 || to.width === 0) return null;
  const beside = to.left > from.left + from.width - 4;
  if (!beside) {
    const x = round(from.left + from.width / 2);
    return `M${x} ${round(from.top + from.height)}L${x} ${round(to.top)}`;
  }
  const [x1, y1] = [round(from.left + from.width), round(from.top + from.height / 2)];
  const [x2, y2] = [round(to.left), round(to.top + to.height / 2)];
  const middle = round((x1 + x2) / 2);
  return `M${x1} ${y1}C${middle} ${y1} ${middle} ${y2} ${x2} ${y2}`;
}

/** Stacked cards are joined once: a line to the second standby would run through the first. */
export const areStacked = (from: Box | undefined, to: Box | undefined): boolean =>
  Boolean(from && to && to.left <= from.left + from.width - 4);

const round = (value: number): number => Math.round(value * 10) / 10;
