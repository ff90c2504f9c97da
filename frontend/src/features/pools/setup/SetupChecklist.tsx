import { UnstyledButton } from "@mantine/core";
import { useLocalStorage } from "@mantine/hooks";
import { IconChevronDown, IconCircleCheckFilled, IconCircleDashed } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { api, take, type Wire } from "../../../api/client";
import { keys } from "../../../api/keys";
import { WhyButton } from "../../../ui/WhyButton";
import c from "./SetupChecklist.module.css";

type Step = Wire<"SetupStepOut">;

const WORDS: Record<Step["id"], { title: string; action: string }> = {
  dns: { title: "Connect DNS", action: "Add a DNS key" },
  member: { title: "Add the first member", action: "Add member" },
  hostname: { title: "Set the failover host name", action: "Choose the name" },
  active: { title: "Make a member active", action: "Make active" },
  standby: { title: "Add a standby", action: "Add standby" },
  auto: { title: "Switch on automatic failover", action: "Open settings" },
};

/** What a pool still needs before it fails over by itself. Ticks itself as things happen, and goes when all is done. */
export function SetupChecklist({ poolId }: { poolId: string }) {
  const setup = useQuery({
    queryKey: [...keys.pool(poolId), "setup"],
    queryFn: () => take(api.GET("/api/pools/{poolId}/setup", { params: { path: { poolId } } })),
    refetchInterval: ({ state }) => (state.data?.complete ? false : 10_000),
  }).data;
  const [folded, setFolded] = useLocalStorage({ key: `setup-folded-${poolId}`, defaultValue: false });
  if (setup === undefined || setup.complete) return null;
  const done = setup.steps.filter((step) => step.done).length;
  const next = setup.steps.find((step) => !step.done);
  return (
    <section className={c["setup"]} aria-labelledby="setup-title">
      <h2 id="setup-title" className={c["head"]}>
        <UnstyledButton
          className={c["fold"]}
          aria-expanded={!folded}
          aria-controls="setup-steps"
          onClick={() => setFolded(!folded)}
        >
          Set up this pool
          <span className={c["count"]}>
            {done} of {setup.steps.length} done
          </span>
          <IconChevronDown size={17} aria-hidden data-folded={folded} />
        </UnstyledButton>
      </h2>
      <ol id="setup-steps" className={c["steps"]} hidden={folded}>
        {setup.steps.map((step) => (
          <li key={step.id} data-done={step.done}>
            {step.done ? <IconCircleCheckFilled size={18} aria-hidden /> : <IconCircleDashed size={18} aria-hidden />}
            <div className={c["words"]}>
              <b>
                {WORDS[step.id].title}
                <span className="vh">{step.done ? ", done" : ", to do"}</span>
              </b>
              <span>{step.detail}</span>
            </div>
            {!step.done && (
              <StepButton step={step} poolId={poolId} main={step === next} why={whyNotYet(step, setup.steps)} />
            )}
          </li>
        ))}
      </ol>
    </section>
  );
}

/** Nobody can be made active before somebody is there. */
function whyNotYet(step: Step, steps: readonly Step[]): string | null {
  if (step.id !== "active") return null;
  return steps.some((one) => one.id === "member" && !one.done)
    ? "Add a member first, and wait until it is heard."
    : null;
}

interface StepButtonProps {
  step: Step;
  poolId: string;
  main: boolean;
  why: string | null;
}

function StepButton({ step, poolId, main, why }: StepButtonProps) {
  const params = { pool: poolId };
  const link = (props: Record<string, unknown>) => {
    switch (step.id) {
      case "dns":
        return <Link {...props} to="/settings/api-providers" />;
      case "member":
      case "standby":
        return <Link {...props} to="/pools/$pool" params={params} search={{ add: true }} />;
      case "hostname":
        return <Link {...props} to="/pools/$pool/managed-dns" params={params} />;
      case "active":
        return <Link {...props} to="/pools/$pool" params={params} search={{ cut: "next" }} />;
      case "auto":
        return <Link {...props} to="/pools/$pool/settings" params={params} />;
    }
  };
  return (
    <WhyButton why={why} size="xs" variant={main ? "filled" : "default"} link={link}>
      {WORDS[step.id].action}
    </WhyButton>
  );
}
