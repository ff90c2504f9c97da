import { Button } from "@mantine/core";
import c from "./page.module.css";

export function PageMissing() {
  return (
    <div className={c["page"]}>
      <h1 className={c["title"]}>There is no such page</h1>
      <p>The address may be mistyped, or what it showed was removed.</p>
      <Button component="a" href="/app/fleet" variant="default">
        Go to the fleet
      </Button>
    </div>
  );
}
