import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { usePoolMember } from "../../api/member";
import { Empty } from "../../ui/Empty";
import { Section } from "../../ui/Section";
import { RecipeCard } from "./RecipeCard";
import { RunDialog } from "./RunDialog";
import { recipesQuery } from "./recipeQueries";
import c from "./recipes.module.css";
import { recipesSearch } from "./search";

/** Guided flows for one member. What cannot run says why instead of hiding. */
export function RecipesPage() {
  const { pool: poolId = "", member: memberId = "" } = useParams({ strict: false });
  const { run } = recipesSearch(useSearch({ strict: false }));
  const navigate = useNavigate();
  const member = usePoolMember(poolId, memberId);
  const recipes = useQuery(recipesQuery(memberId));
  const ask = (id: string | null) =>
    void navigate({ to: ".", search: id === null ? {} : ({ run: id } as never), replace: true });
  if (member === undefined) return null;
  return (
    <Section
      query={recipes}
      isEmpty={(items) => items.length === 0}
      empty={<Empty>This control plane has no recipes for this kind of member.</Empty>}
    >
      {(items) => {
        const asked = items.find((one) => one.id === run && one.available);
        const ready = items.filter((one) => one.reason === null || one.state === "running");
        const others = items.filter((one) => !ready.includes(one));
        return (
          <div className={c["page"]}>
            <div className={c["cards"]}>
              {[...ready, ...others].map((recipe) => (
                <RecipeCard key={recipe.id} recipe={recipe} onRun={() => ask(recipe.id)} />
              ))}
            </div>
            {asked && (
              <RunDialog
                key={asked.id}
                recipe={asked}
                memberId={memberId}
                memberName={member.displayName}
                onClose={() => ask(null)}
              />
            )}
          </div>
        );
      }}
    </Section>
  );
}
