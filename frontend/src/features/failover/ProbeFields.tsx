import { NumberInput, Select, TextInput } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";
import c from "./SettingsPage.module.css";
import { PROBES, type SettingsValues } from "./settingsForm";

/** A second opinion about silence: the pool's service itself, tried from the control plane and from the other members. */
export function ProbeFields({ form }: { form: UseFormReturnType<SettingsValues> }) {
  const { probeKind } = form.values;
  const about = PROBES.find((probe) => probe.value === probeKind)?.about;
  return (
    <fieldset className={c["part"]}>
      <legend>Service probe</legend>
      <div className={c["row"]}>
        <Select
          label="What is tried"
          description={about}
          allowDeselect={false}
          data={PROBES.map(({ value, label }) => ({ value, label }))}
          {...form.getInputProps("probeKind")}
        />
        {probeKind !== "none" && (
          <NumberInput
            label="Port"
            min={1}
            max={65535}
            clampBehavior="none"
            allowDecimal={false}
            thousandSeparator=""
            {...form.getInputProps("probePort")}
          />
        )}
        {probeKind === "http" && (
          <TextInput label="Path" spellCheck={false} autoComplete="off" {...form.getInputProps("probePath")} />
        )}
        {(probeKind === "http" || probeKind === "tls") && (
          <TextInput
            label="Host name"
            description="Empty: the member's address."
            spellCheck={false}
            autoComplete="off"
            {...form.getInputProps("probeHost")}
          />
        )}
      </div>
      <p>
        {probeKind === "none"
          ? "Without a probe, silence alone moves traffic. When most members fall silent at once nothing moves until a person has looked, also if the active one really died in those minutes."
          : "A silent member whose service still answers is not replaced: automation holds and tells you that the agent is lost, not the service. A standby must pass the probe before it takes over."}
      </p>
    </fieldset>
  );
}
