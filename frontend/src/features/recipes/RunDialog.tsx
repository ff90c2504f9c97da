import { useForm } from "@mantine/form";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { keys } from "../../api/keys";
import { ConfirmDialog } from "../../ui/ConfirmDialog";
import { placeProblem } from "../../ui/forms";
import { fieldsOfParams, filledParams, wrongIn } from "../../ui/paramFields";
import { initialValues, SchemaForm, type SchemaValues } from "../../ui/SchemaForm";
import { toast } from "../../ui/toast";
import { RecipePlan } from "./RecipePlan";
import { type Recipe, runRecipe } from "./recipeQueries";
import c from "./recipes.module.css";

interface Props {
  recipe: Recipe;
  memberId: string;
  memberName: string;
  onClose: () => void;
}

/** What it asks for, what it will do, and what must hold before it may. */
export function RunDialog({ recipe, memberId, memberName, onClose }: Props) {
  const client = useQueryClient();
  const fields = fieldsOfParams(recipe.params);
  const form = useForm<SchemaValues>({
    mode: "uncontrolled",
    initialValues: initialValues(fields),
    validate: (values) => wrongIn(recipe.params, values),
  });
  const [left, setLeft] = useState<unknown>(null);
  const run = useMutation({
    mutationFn: () => runRecipe(memberId, recipe.id, filledParams(recipe.params, form.getValues())),
    onSuccess: () => {
      toast.done(`${recipe.title} runs on ${memberName}.`);
      onClose();
    },
    onError: (error) =>
      setLeft(placeProblem(form, error, Object.fromEntries(fields.map(({ name }) => [`params.${name}`, name])))),
    onSettled: () => client.invalidateQueries({ queryKey: keys.member(memberId) }),
  });
  const confirm = () => {
    setLeft(null);
    const { hasErrors, errors } = form.validate();
    if (hasErrors) form.getInputNode(Object.keys(errors)[0] ?? "")?.focus();
    else run.mutate();
  };
  return (
    <ConfirmDialog
      opened
      onClose={onClose}
      title={`${recipe.title} on ${memberName}?`}
      confirmLabel={`Run ${recipe.title}`}
      danger={recipe.dangerous}
      busy={run.isPending}
      problem={left}
      onConfirm={confirm}
      size={620}
    >
      {recipe.warning && (
        <p className={c["warning"]} role="note">
          {recipe.warning}
        </p>
      )}
      <SchemaForm fields={fields} form={form} />
      <RecipePlan recipe={recipe} />
    </ConfirmDialog>
  );
}
