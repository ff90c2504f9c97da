import { Link, useSearch } from "@tanstack/react-router";
import { LoginForm } from "./LoginForm";
import { useRegistration } from "./registration";
import { SignInFrame } from "./SignInFrame";

export function LoginPage() {
  const { next, email } = useSearch({ strict: false });
  const registration = useRegistration().data;
  return (
    <SignInFrame
      title="Sign in"
      after={
        registration?.setupRequired ? (
          <>
            Nobody owns this installation yet. <Link to="/register">Set it up</Link>
          </>
        ) : registration?.open ? (
          <>
            No account yet? <Link to="/register">Register</Link>
          </>
        ) : null
      }
    >
      <LoginForm next={next} email={email} />
    </SignInFrame>
  );
}
