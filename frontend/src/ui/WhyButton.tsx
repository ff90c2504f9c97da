import { Button, type ButtonProps, Tooltip } from "@mantine/core";
import type { ReactNode } from "react";

interface Props extends ButtonProps {
  /** The sentence that says why it cannot be done now; null when it can. */
  why: string | null | undefined;
  children: ReactNode;
  onClick?: () => void;
  type?: "button" | "submit";
  /** Render as a link: gets the button's props. */
  link?: (props: Record<string, unknown>) => ReactNode;
}

/** A button that says why it is off, on hover, on focus and to screen readers. It stays focusable while it is off. */
export function WhyButton({ why, children, onClick, link, ...rest }: Props) {
  if (why) {
    return (
      <Tooltip label={why} multiline maw={300}>
        <Button
          {...rest}
          data-disabled
          aria-disabled="true"
          aria-description={why}
          onClick={(event) => event.preventDefault()}
        >
          {children}
        </Button>
      </Tooltip>
    );
  }
  if (link) {
    return (
      <Button {...rest} renderRoot={link}>
        {children}
      </Button>
    );
  }
  return (
    <Button {...rest} {...(onClick ? { onClick } : {})}>
      {children}
    </Button>
  );
}
