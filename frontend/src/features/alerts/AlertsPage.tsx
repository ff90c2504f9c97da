import { Button, SegmentedControl } from "@mantine/core";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { type Attention, type AttentionItem, useAttention } from "../../api/attention";
import { plural } from "../../lib/numbers";
import { AttentionList } from "../../ui/AttentionList";
import { Card } from "../../ui/Card";
import { Empty } from "../../ui/Empty";
import { PageHeader } from "../../ui/PageHeader";
import { ToneIcon } from "../../ui/Pill";
import { Section } from "../../ui/Section";
import c from "./alerts.module.css";
import type { alertsSearch } from "./search";

type Severity = AttentionItem["severity"];

const GROUPS: readonly (readonly [Severity, string])[] = [
  ["critical", "Critical"],
  ["warning", "Warnings"],
];

/** What a person should look at now, across all pools: worst first, each with its fix and the way there. */
export function AlertsPage() {
  const attention = useAttention();
  const { severity } = useSearch({ strict: false }) as ReturnType<typeof alertsSearch>;
  const navigate = useNavigate();
  const go = (next: string) =>
    void navigate({ to: "/alerts", search: next === "all" ? {} : { severity: next as Severity }, replace: true });
  const items = attention.data?.items ?? [];
  const count = (wanted: Severity) => items.filter((item) => item.severity === wanted).length;
  return (
    <>
      <PageHeader
        title="Alerts"
        facts={attention.data && <span>{countWords(attention.data)}</span>}
        actions={
          items.length > 0 && (
            <SegmentedControl
              aria-label="Severity"
              value={severity ?? "all"}
              onChange={go}
              data={[
                { value: "all", label: `All ${items.length}` },
                { value: "critical", label: `Critical ${count("critical")}` },
                { value: "warning", label: `Warnings ${count("warning")}` },
              ]}
            />
          )
        }
      />
      <Section
        query={attention}
        isEmpty={(data) => data.items.length === 0}
        empty={
          <Card>
            <div className={c["well"]}>
              <ToneIcon tone="ok" size={28} />
              <p>All is well: nothing in your pools wants a look.</p>
            </div>
          </Card>
        }
      >
        {(data) => {
          const groups = GROUPS.filter(([wanted]) => severity === undefined || severity === wanted)
            .map(([wanted, title]) => ({ title, found: data.items.filter((item) => item.severity === wanted) }))
            .filter(({ found }) => found.length > 0);
          return (
            <div className={c["groups"]}>
              {groups.length === 0 && (
                <Card>
                  <Empty
                    action={
                      <Button variant="default" onClick={() => go("all")}>
                        Show all alerts
                      </Button>
                    }
                  >
                    {severity === "critical" ? "Nothing critical stands." : "No warning stands."}
                  </Empty>
                </Card>
              )}
              {groups.map(({ title, found }) => (
                <Card key={title} title={title} right={<span className={c["count"]}>{found.length}</span>}>
                  <AttentionList items={found} label={title} />
                </Card>
              ))}
              {data.more && (
                <p className={c["more"]}>There is more than fits here: mend the first ones, and the others appear.</p>
              )}
            </div>
          );
        }}
      </Section>
    </>
  );
}

function countWords({ items, more }: Attention): string {
  if (items.length === 0) return "Nothing stands";
  return more ? `More than ${plural(items.length, "thing")} to look at` : `${plural(items.length, "thing")} to look at`;
}
