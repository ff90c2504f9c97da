import { ActionIcon, useComputedColorScheme, useMantineColorScheme } from "@mantine/core";
import { IconMoon, IconSun } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { Logo } from "../../ui/Logo";
import { usePageTitle } from "../../ui/pageTitle";
import { useRegistration } from "./registration";
import c from "./SignInFrame.module.css";

interface Props {
  title: string;
  /** A sentence under the title. */
  lead?: ReactNode;
  children: ReactNode;
  /** Under the card: the way to the neighbouring page. */
  after?: ReactNode;
}

/** The page around the forms before sign-in. The brand is the server's; until it is known its place stays empty. */
export function SignInFrame({ title, lead, children, after }: Props) {
  const brand = useRegistration().data?.brand;
  const { toggleColorScheme } = useMantineColorScheme();
  const dark = useComputedColorScheme("light") === "dark";
  usePageTitle(title, brand);
  return (
    <div className={c["page"]}>
      <ActionIcon
        className={c["theme"]}
        variant="subtle"
        color="gray"
        size={44}
        aria-label={dark ? "Use the light theme" : "Use the dark theme"}
        onClick={toggleColorScheme}
      >
        {dark ? <IconSun size={18} stroke={1.7} aria-hidden /> : <IconMoon size={18} stroke={1.7} aria-hidden />}
      </ActionIcon>
      <main className={c["column"]}>
        <p className={c["brand"]}>
          <Logo size={30} />
          {brand}
        </p>
        <div className={c["card"]}>
          <h1 className={c["title"]}>{title}</h1>
          {lead && <p className={c["lead"]}>{lead}</p>}
          <div className={c["body"]}>{children}</div>
        </div>
        {after && <p className={c["after"]}>{after}</p>}
      </main>
      <p className={c["foot"]}>
        Failover, backups and operations for the servers that you run, beside the tools that you use.
      </p>
    </div>
  );
}
