import { IconAlertTriangleFilled, IconCheck, IconX } from "@tabler/icons-react";
import { gateWords, type Place } from "../rules/lineup";
import c from "./GateList.module.css";

/** Each condition for taking over, ticked or not, with its reason. Folded until somebody asks. */
export function GateList({ place }: { place: Place }) {
  const gates = place.candidate?.gates ?? [];
  const passed = gates.filter((gate) => gate.passed).length;
  return (
    <details className={c["gates"]}>
      <summary>
        Readiness: {passed} of {gates.length} checks passed
      </summary>
      <ul>
        {gates.map((gate) => {
          const [Icon, word, tone] = gate.passed
            ? ([IconCheck, "Passed", "ok"] as const)
            : gate.blocking
              ? ([IconX, "Failed", "down"] as const)
              : ([IconAlertTriangleFilled, "Warning", "late"] as const);
          return (
            <li key={gate.name} data-tone={tone}>
              <Icon size={14} aria-hidden />
              <span>
                <span className="vh">{word}: </span>
                {gateWords(gate)}
              </span>
            </li>
          );
        })}
      </ul>
    </details>
  );
}
