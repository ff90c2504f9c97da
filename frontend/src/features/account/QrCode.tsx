import { useMemo } from "react";
import { encode } from "uqr";
import c from "./account.module.css";

/** Dark on light in both themes: cameras expect it. */
export function QrCode({ text, label }: { text: string; label: string }) {
  const { size, path } = useMemo(() => {
    const code = encode(text, { ecc: "M", border: 2 });
    return { size: code.size, path: code.data.flatMap(runs).join("") };
  }, [text]);
  return (
    <svg
      className={c["code"]}
      viewBox={`0 0 ${size} ${size}`}
      shapeRendering="crispEdges"
      role="img"
      aria-label={label}
    >
      <path d={path} />
    </svg>
  );
}

/** A rectangle for each run of dark modules of a row. */
function runs(row: readonly boolean[], y: number): string[] {
  const found: string[] = [];
  for (let x = 0; x < row.length; x++) {
    if (!row[x]) continue;
    const start = x;
    while (row[x + 1]) x++;
    const width = x + 1 - start;
    found.push(`M${start} ${y}h${width}v1h-${width}z`);
  }
  return found;
}
