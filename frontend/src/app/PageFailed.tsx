import { Button, Group } from "@mantine/core";
import type { ErrorComponentProps } from "@tanstack/react-router";
import { asProblem } from "../api/problem";
import { ProblemNote } from "../ui/ProblemNote";
import c from "./page.module.css";

const TITLES: Record<number, string> = {
  0: "The control plane does not answer",
  403: "You may not see this",
  404: "There is nothing here",
  429: "Too many requests",
};

/** The last net: a page that could not be shown says why and offers the ways out. The frame around it stays. */
export function PageFailed({ error, reset }: ErrorComponentProps) {
  const problem = asProblem(error);
  return (
    <div className={c["page"]}>
      <h1 className={c["title"]}>{TITLES[problem.status] ?? "This page failed"}</h1>
      <ProblemNote problem={problem} />
      <Group mt="md">
        <Button onClick={reset}>Try again</Button>
        <Button variant="default" component="a" href="/app/fleet">
          Go to the fleet
        </Button>
      </Group>
    </div>
  );
}
