import { Button, Popover, UnstyledButton } from "@mantine/core";
import { useLive } from "../../api/stream/live";
import { Dot } from "../../ui/Dot";
import { clockText, zoneName } from "../../ui/time/format";
import { useNow } from "../../ui/time/now";
import { useZone } from "../../ui/time/zone";
import type { Tone } from "../../ui/tones";
import c from "./StreamMark.module.css";

/** Whether what is on the page is the truth of this second. Never a frozen page that looks alive. */
export function StreamMark() {
  const { status, polling, retryNow } = useLive();
  const zone = useZone();
  useNow(); // the countdown turns over each second
  let tone: Tone = "ok";
  let text = "Live";
  let more = "Changes arrive as they happen.";
  if (status.kind === "connecting") {
    tone = "idle";
    text = "Connecting";
    more = "The page asks for live changes.";
  } else if (status.kind === "reconnecting") {
    tone = "late";
    text = `Reconnecting (${Math.max(0, Math.ceil((status.retryAt - Date.now()) / 1000))} s)`;
    more = "Live changes stopped. What you see may be old.";
  } else if (status.kind === "offline") {
    tone = "down";
    text = `Offline since ${clockText(status.since, zone).slice(0, 5)} ${zoneName(status.since, zone)}`;
    more = "The control plane was not reached. What you see is old, and actions wait until it is back.";
  }
  if (polling) more += " Until then the page asks every 5 s.";
  return (
    <Popover width={280} position="bottom-end" withArrow>
      <Popover.Target>
        <UnstyledButton className={c["mark"]} data-kind={status.kind} aria-label={`Connection: ${text}`}>
          <Dot tone={tone} pulse={status.kind === "live"} />
          <span className={c["text"]}>{text}</span>
        </UnstyledButton>
      </Popover.Target>
      <Popover.Dropdown>
        <p style={{ margin: 0 }}>{more}</p>
        {status.kind !== "live" && (
          <Button size="xs" mt="sm" variant="default" onClick={retryNow}>
            Connect now
          </Button>
        )}
      </Popover.Dropdown>
    </Popover>
  );
}
