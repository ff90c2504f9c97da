import { Checkbox } from "@mantine/core";
import c from "./CommandBlock.module.css";
import { CopyButton } from "./CopyButton";

interface Props {
  /** "Enrolment secret", "API token". */
  title: string;
  secret: string;
  stored: boolean;
  onStored: (stored: boolean) => void;
}

/** A secret, this once. The page may close only after "I have stored it": the caller keeps `stored` and asks for it. */
export function SecretOnce({ title, secret, stored, onStored }: Props) {
  return (
    <div>
      <p style={{ margin: "0 0 6px", fontWeight: 550 }}>{title}</p>
      <div className={c["block"]}>
        <pre className={c["text"]}>
          <code data-secret>{secret}</code>
        </pre>
        <div className={c["copy"]}>
          <CopyButton value={secret} label={`Copy: ${title}`} />
        </div>
      </div>
      <Checkbox
        mt="sm"
        label="I have stored it. It is not shown again; only a new one can be made."
        checked={stored}
        onChange={(event) => onStored(event.currentTarget.checked)}
      />
    </div>
  );
}
