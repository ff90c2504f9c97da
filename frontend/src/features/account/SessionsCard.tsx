import { Button } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, take, type Wire } from "../../api/client";
import { keys } from "../../api/keys";
import { Card } from "../../ui/Card";
import { Pill } from "../../ui/Pill";
import { Section } from "../../ui/Section";
import { Ago } from "../../ui/time/Moment";
import { toast } from "../../ui/toast";
import c from "./account.module.css";
import { browserName } from "./browserName";

type Opened = Wire<"SessionOut">;

export function SessionsCard() {
  const sessions = useQuery({
    queryKey: [...keys.account, "sessions"],
    queryFn: () => take(api.GET("/api/auth/sessions")),
  });
  return (
    <Card title="Signed-in browsers" flush>
      <Section query={sessions}>
        {({ items }) => (
          <ul className={c["list"]}>
            {items.map((one) => (
              <Line key={one.id} opened={one} />
            ))}
          </ul>
        )}
      </Section>
    </Card>
  );
}

function Line({ opened }: { opened: Opened }) {
  const client = useQueryClient();
  const end = useMutation({
    mutationFn: () =>
      take(api.DELETE("/api/auth/sessions/{sessionId}", { params: { path: { sessionId: opened.id } } })),
    onSuccess: () => toast.done("That browser is signed out."),
    onError: toast.failed,
    onSettled: () => client.invalidateQueries({ queryKey: [...keys.account, "sessions"] }),
  });
  const name = browserName(opened.userAgent);
  return (
    <li className={c["row"]}>
      <div>
        <p className={c["strong"]} title={opened.userAgent}>
          {name}
          {opened.current && <Pill tone="ok">This browser</Pill>}
        </p>
        <p className={c["quiet"]}>
          {opened.address && <span className="mono">{opened.address} · </span>}
          last seen <Ago at={opened.seenAt} />, signed in <Ago at={opened.createdAt} />
        </p>
      </div>
      {!opened.current && (
        <Button
          size="xs"
          variant="default"
          loading={end.isPending}
          aria-label={`Sign out ${name}${opened.address ? ` at ${opened.address}` : ""}`}
          onClick={() => end.mutate()}
        >
          Sign out
        </Button>
      )}
    </li>
  );
}
