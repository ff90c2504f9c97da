import { queryOptions } from "@tanstack/react-query";
import { api, take, type Wire } from "../../api/client";
import { keys } from "../../api/keys";
import type { Tone } from "../../ui/tones";

export type Recipe = Wire<"RecipeOut">;

/** Below the member's key: news of its jobs and workflows refresh it. */
export const recipesQuery = (memberId: string) =>
  queryOptions({
    queryKey: [...keys.member(memberId), "recipes"],
    queryFn: async () =>
      (await take(api.GET("/api/members/{memberId}/recipes", { params: { path: { memberId } } }))).items,
  });

export const runRecipe = (memberId: string, recipeId: string, params: Record<string, unknown>) =>
  take(
    api.POST("/api/members/{memberId}/recipes/{recipeId}/run", {
      params: { path: { memberId, recipeId } },
      body: { params },
    }),
  );

export const STATE_WORDS = {
  never: { word: "Not run yet", tone: "idle" },
  running: { word: "Running", tone: "info" },
  completed: { word: "Completed", tone: "ok" },
  failed: { word: "Failed", tone: "down" },
  undone: { word: "Taken back", tone: "idle" },
} as const satisfies Record<Recipe["state"], { word: string; tone: Tone }>;
