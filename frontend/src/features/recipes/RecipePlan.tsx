import { ToneIcon } from "../../ui/Pill";
import type { Recipe } from "./recipeQueries";
import c from "./recipes.module.css";

/** What must hold before, and each step with the way back from it. */
export function RecipePlan({ recipe }: { recipe: Recipe }) {
  return (
    <>
      {recipe.preconditions.length > 0 && (
        <>
          <h3 className={c["sub"]}>Before it runs</h3>
          <ul className={c["list"]}>
            {recipe.preconditions.map((one) => (
              <li key={one.text}>
                <ToneIcon tone={one.ok ? "ok" : "late"} size={16} />
                <span>
                  {one.text} <span className={c["soft"]}>{one.ok ? "Holds." : `Does not hold. ${one.fix}`}</span>
                </span>
              </li>
            ))}
          </ul>
        </>
      )}
      <h3 className={c["sub"]}>Steps</h3>
      <ol className={c["steps"]}>
        {recipe.steps.map((step) => (
          <li key={step.key}>
            {step.title}
            {step.changes && <span className={c["soft"]}> {step.changes}</span>}
            <div className={c["soft"]}>
              {step.undo === null ? (
                `No way back: ${step.noUndoReason}`
              ) : (
                <>
                  Undo: <code>{step.undo}</code>
                </>
              )}
            </div>
          </li>
        ))}
      </ol>
    </>
  );
}
