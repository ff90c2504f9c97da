import { Button, Checkbox, Group } from "@mantine/core";
import { IconDownload } from "@tabler/icons-react";
import { useState } from "react";
import { CopyButton } from "../../ui/CopyButton";
import c from "./account.module.css";

interface Props {
  codes: readonly string[];
  email: string;
  onDone: () => void;
}

/** Shown this once: the dialog around it closes only when they are stored. */
export function RecoveryCodes({ codes, email, onDone }: Props) {
  const [stored, setStored] = useState(false);
  const text = codes.join("\n");
  return (
    <>
      <p style={{ margin: 0 }}>
        Each of these signs you in once when the authenticator app is not at hand. Keep them where the password is not.
      </p>
      <ul className={c["codes"]} aria-label="Recovery codes">
        {codes.map((code) => (
          <li key={code} data-secret>
            {code}
          </li>
        ))}
      </ul>
      <Group gap="sm">
        <Button
          size="xs"
          variant="default"
          leftSection={<IconDownload size={15} aria-hidden />}
          onClick={() => download(`recovery-codes-${email}.txt`, `${text}\n`)}
        >
          Download
        </Button>
        <CopyButton value={text} label="Copy the recovery codes" />
      </Group>
      <Checkbox
        mt="md"
        label="I have stored them. They are not shown again."
        checked={stored}
        onChange={(event) => setStored(event.currentTarget.checked)}
      />
      <Group justify="flex-end" mt="lg">
        <Button disabled={!stored} aria-description={stored ? undefined : "Store the codes first."} onClick={onDone}>
          Done
        </Button>
      </Group>
    </>
  );
}

function download(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name.replace(/[^\w.@-]+/g, "_");
  link.click();
  URL.revokeObjectURL(url);
}
