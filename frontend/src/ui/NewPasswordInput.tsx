import { PasswordInput, type PasswordInputProps } from "@mantine/core";

/** The server asks for as much; it also refuses the passwords that everybody tries first. */
export const PASSWORD_MIN = 12;

/** What is wrong with a new password as far as a browser can tell; null when nothing is. */
export const newPasswordFault = (value: string): string | null =>
  value.length >= PASSWORD_MIN
    ? null
    : value === ""
      ? "Choose a password."
      : `Use ${PASSWORD_MIN} characters or more; this one has ${value.length}.`;

/** A field for a password that is chosen now: password managers offer to make one, and pasting works. */
export function NewPasswordInput(props: PasswordInputProps) {
  return (
    <PasswordInput
      label="Password"
      description={`${PASSWORD_MIN} characters or more. Four words in a row are strong and easy to keep.`}
      autoComplete="new-password"
      visibilityToggleButtonProps={{ "aria-label": "Show or hide the password" }}
      {...props}
    />
  );
}
