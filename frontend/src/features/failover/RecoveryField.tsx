import { Button, NumberInput, Slider } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";
import { Link } from "@tanstack/react-router";
import { useMe } from "../../api/session";
import { WhyButton } from "../../ui/WhyButton";
import c from "./SettingsPage.module.css";
import { PRESETS, RECOVERY_MAX, RECOVERY_MIN, type SettingsValues, worstCase } from "./settingsForm";

interface Props {
  form: UseFormReturnType<SettingsValues>;
  ttlBoundSec: number | null;
}

/** How long the active member may be silent. Slider, number and presets are one value. */
export function RecoveryField({ form, ttlBoundSec }: Props) {
  const me = useMe();
  const least = Math.max(RECOVERY_MIN, me?.gates.failoverDelayMinSec ?? RECOVERY_MIN);
  const locked = least > RECOVERY_MIN;
  const lockWords = `Recovery times below ${least} s are part of Pro.`;
  const value = Number(form.values.recoverySec);
  const set = (next: number) => form.setFieldValue("recoverySec", next);
  return (
    <fieldset className={c["part"]}>
      <legend>Recovery time</legend>
      <p>
        How long the active member may be silent before a standby takes over. Shorter is not always better: it also
        judges a busy network.
      </p>
      <div className={c["presets"]}>
        {PRESETS.map((preset) =>
          preset < least ? (
            <WhyButton key={preset} why={lockWords} size="xs" variant="default">
              {preset} s
            </WhyButton>
          ) : (
            <Button
              key={preset}
              size="xs"
              variant="default"
              aria-pressed={value === preset}
              onClick={() => set(preset)}
            >
              {preset} s
            </Button>
          ),
        )}
      </div>
      <div className={c["recovery"]}>
        <Slider
          min={RECOVERY_MIN}
          max={RECOVERY_MAX}
          value={Number.isFinite(value) ? Math.min(RECOVERY_MAX, Math.max(least, value)) : least}
          onChange={(next) => set(Math.max(least, next))}
          disabled={least >= RECOVERY_MAX}
          label={(shown) => `${shown} s`}
          thumbLabel="Recovery time in seconds"
          marks={PRESETS.map((preset) => ({ value: preset, label: `${preset}` }))}
        />
        <NumberInput
          label="Seconds"
          min={least}
          max={RECOVERY_MAX}
          clampBehavior="none"
          allowDecimal={false}
          suffix=" s"
          {...form.getInputProps("recoverySec")}
        />
      </div>
      {locked && (
        <p className={c["lock"]}>
          {lockWords} <Link to="/settings/plan">See the plan</Link>
        </p>
      )}
      {Number.isFinite(value) && value > 0 && <p className={c["worst"]}>{worstCase(value, ttlBoundSec)}</p>}
    </fieldset>
  );
}
