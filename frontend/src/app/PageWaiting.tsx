import { Lines } from "../ui/Section";
import c from "./page.module.css";

export function PageWaiting() {
  return (
    <div className={c["page"]} aria-busy="true">
      <span className="vh">Loading</span>
      <Lines count={6} />
    </div>
  );
}
