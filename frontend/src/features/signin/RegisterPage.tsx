import { Link } from "@tanstack/react-router";
import { Section } from "../../ui/Section";
import { RegisterForm } from "./RegisterForm";
import { useRegistration } from "./registration";
import { SignInFrame } from "./SignInFrame";

export function RegisterPage() {
  const registration = useRegistration();
  const first = registration.data?.setupRequired ?? false;
  const closed = registration.data !== undefined && !registration.data.open;
  return (
    <SignInFrame
      title={first ? "Set up this installation" : closed ? "Registration is closed" : "Register"}
      lead={
        first ? "You become its owner. Everybody else comes by your invitation or registers here later." : undefined
      }
      after={
        <>
          {first ? "Set up already? " : closed ? "Have an account? " : "Registered already? "}
          <Link to="/login">Sign in</Link>
        </>
      }
    >
      <Section query={registration}>
        {({ open, setupRequired }) =>
          open ? (
            <RegisterForm first={setupRequired} />
          ) : (
            <p style={{ margin: 0 }}>New accounts cannot be made here. Ask an owner of an account to invite you.</p>
          )
        }
      </Section>
    </SignInFrame>
  );
}
