import { Link, useSearch } from "@tanstack/react-router";
import { AskForLink } from "./AskForLink";
import { SetPassword } from "./SetPassword";
import { SignInFrame } from "./SignInFrame";

/** Two pages at one address: ask for a link, and, with the link's token, choose the password. Invitations use it too. */
export function ResetPage() {
  const { token, email } = useSearch({ strict: false });
  return (
    <SignInFrame
      title={token ? "Choose your password" : "Reset the password"}
      lead={
        token
          ? "The link works once. If sign-in codes are on, they stay on."
          : "We send you a link with which you choose a new one."
      }
      after={<Link to="/login">Back to sign-in</Link>}
    >
      {token ? <SetPassword token={token} email={email} /> : <AskForLink email={email} />}
    </SignInFrame>
  );
}
