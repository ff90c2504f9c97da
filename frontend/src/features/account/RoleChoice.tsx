import { Radio } from "@mantine/core";
import { type RoleWord, useMe } from "../../api/session";
import c from "./account.module.css";
import { grantLack, ROLES } from "./roles";

interface Props {
  value: RoleWord;
  onChange: (role: RoleWord) => void;
}

export function RoleChoice({ value, onChange }: Props) {
  const mine = useMe()?.role ?? "viewer";
  return (
    <Radio.Group label="Role" value={value} onChange={(word) => onChange(word as RoleWord)}>
      <div className={c["roles"]}>
        {ROLES.map((role) => {
          const lack = grantLack(mine, role.word);
          return (
            <Radio
              key={role.word}
              value={role.word}
              label={role.name}
              description={lack ?? role.may}
              disabled={lack !== null}
            />
          );
        })}
      </div>
    </Radio.Group>
  );
}
