import { useState } from "react";
import { useLack } from "../../api/session";
import { Card } from "../../ui/Card";
import { Pill } from "../../ui/Pill";
import { Ago } from "../../ui/time/Moment";
import { WhyButton } from "../../ui/WhyButton";
import { WorkflowSteps } from "../../ui/WorkflowSteps";
import { RecipePlan } from "./RecipePlan";
import { type Recipe, STATE_WORDS } from "./recipeQueries";
import c from "./recipes.module.css";

interface Props {
  recipe: Recipe;
  onRun: () => void;
}

/** One recipe: how its last run ended, why it cannot run now, and the run itself while there is one. */
export function RecipeCard({ recipe, onRun }: Props) {
  const lack = useLack(recipe.dangerous ? "admin" : "operator");
  const { word, tone } = STATE_WORDS[recipe.state];
  const wanted = recipe.state === "running" || recipe.state === "failed";
  const [looking, setLooking] = useState<boolean | null>(null);
  const shown = looking ?? wanted;
  return (
    <Card title={recipe.title} right={<Pill tone={tone}>{word}</Pill>}>
      <p className={c["about"]}>{recipe.description}</p>
      {recipe.lastRunAt && (
        <p className={c["soft"]}>
          Last run <Ago at={recipe.lastRunAt} />.
        </p>
      )}
      {recipe.error && <p className={c["error"]}>{recipe.error}</p>}
      {recipe.reason && (
        <p className={c["reason"]} role="note">
          {recipe.reason}
        </p>
      )}
      <div className={c["acts"]}>
        <WhyButton why={lack ?? (recipe.available ? null : (recipe.reason ?? "It cannot run now."))} onClick={onRun}>
          Run…
        </WhyButton>
        {recipe.workflowId && (
          <WhyButton why={null} variant="default" onClick={() => setLooking(!shown)}>
            {shown ? "Hide the run" : recipe.canUndo ? "Show the run, undo…" : "Show the run"}
          </WhyButton>
        )}
      </div>
      {shown && recipe.workflowId && (
        <div className={c["run"]}>
          <WorkflowSteps id={recipe.workflowId} />
        </div>
      )}
      <details className={c["plan"]}>
        <summary>Steps and the way back</summary>
        <RecipePlan recipe={recipe} />
      </details>
    </Card>
  );
}
