import { Modal } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { useCommands } from "../../api/commands";
import type { PoolMember } from "../../api/pool";
import { Section } from "../../ui/Section";
import { CommandForm } from "./CommandForm";
import { CommandList } from "./CommandList";

interface Props {
  member: PoolMember;
  chosen: string | null;
  opened: boolean;
  onChoose: (id: string | null) => void;
  onClose: () => void;
}

/** Choose a command that fits this member, then fill in what it asks for. */
export function RunCommand({ member, chosen, opened, onChoose, onClose }: Props) {
  const phone = useMediaQuery("(max-width: 600px)");
  const { query } = useCommands();
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={<strong className="wrap">Run a command on {member.displayName}</strong>}
      size={640}
      fullScreen={phone ?? false}
    >
      {opened && (
        <Section query={query}>
          {(commands) => {
            const command = commands.find((one) => one.id === chosen);
            return command ? (
              <CommandForm
                key={command.id}
                command={command}
                member={member}
                onBack={() => onChoose(null)}
                onDone={onClose}
              />
            ) : (
              <CommandList commands={commands} member={member} onChoose={onChoose} />
            );
          }}
        </Section>
      )}
    </Modal>
  );
}
