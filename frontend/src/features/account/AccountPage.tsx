import { AccountForm } from "./AccountForm";
import c from "./account.module.css";
import { PasswordForm } from "./PasswordForm";
import { SessionsCard } from "./SessionsCard";
import { TotpCard } from "./TotpCard";

/** The account and where its alerts go, and how the signed-in person proves who they are. */
export function AccountPage() {
  return (
    <div className={c["page"]}>
      <AccountForm />
      <PasswordForm />
      <TotpCard />
      <SessionsCard />
    </div>
  );
}
