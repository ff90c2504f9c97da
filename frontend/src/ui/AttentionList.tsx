import { Link } from "@tanstack/react-router";
import type { AttentionItem } from "../api/attention";
import c from "./AttentionList.module.css";
import { ToneIcon } from "./Pill";
import { Ago } from "./time/Moment";

/** What is wrong, what to do about it, since when, and the way there. */
export function AttentionList({ items, label }: { items: readonly AttentionItem[]; label: string }) {
  return (
    <ul className={c["list"]} aria-label={label}>
      {items.map((item) => (
        <li key={`${item.kind} ${item.poolId} ${item.memberId} ${item.text}`} className={c["item"]}>
          <ToneIcon tone={item.severity === "critical" ? "down" : "late"} />
          <div className={c["words"]}>
            <span className="vh">{item.severity === "critical" ? "Critical: " : "Warning: "}</span>
            {/* The server names a path of this dashboard, which no type can know. */}
            <Link to={item.link as "/"} className={c["text"]}>
              {item.text}
            </Link>
            <p className={c["fix"]}>{item.fix}</p>
            <p className={c["where"]}>
              {item.poolName && <span>{item.poolName}</span>}
              {item.memberName && <span>{item.memberName}</span>}
              {item.since && (
                <span>
                  since <Ago at={item.since} />
                </span>
              )}
            </p>
          </div>
        </li>
      ))}
    </ul>
  );
}
