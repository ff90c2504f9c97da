import { Button, NumberInput, Select, Switch, TagsInput, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, take } from "../../../api/client";
import { keys } from "../../../api/keys";
import { type Member, memberQuery } from "../../../api/member";
import { asProblem, type Problem } from "../../../api/problem";
import { useLack } from "../../../api/session";
import { Card } from "../../../ui/Card";
import { ConfirmDialog } from "../../../ui/ConfirmDialog";
import { focusInvalid, placeProblem } from "../../../ui/forms";
import { MemberMap } from "../../../ui/map/MemberMap";
import { ProblemNote } from "../../../ui/ProblemNote";
import { toast } from "../../../ui/toast";
import { WhyButton } from "../../../ui/WhyButton";
import { cleanAddresses } from "../enrol/addresses";
import { FAMILIES, TEMPLATES } from "../enrol/templates";
import { changesOf, type Draft, draftOf, faultsOf, locationOf } from "./changes";
import c from "./settings.module.css";

const NAMES = {
  location: "place",
  "location.name": "place",
  "location.latitude": "latitude",
  "location.longitude": "longitude",
};

// Addresses are typed, not picked: an empty list of suggestions would only be announced.
const NO_LIST = { disabled: true };

/** Everything of a member that may change. Nothing is sent before Save, and then only what differs. */
export function SettingsForm({ member, haproxy }: { member: Member; haproxy: boolean }) {
  const client = useQueryClient();
  const lack = useLack("operator");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  /** The address in use that the wished list would shut out. */
  const [shutsOut, setShutsOut] = useState<string | null>(null);
  const form = useForm<Draft>({ initialValues: draftOf(member), validate: faultsOf });
  const changes = changesOf(member, form.values);
  const changed = Object.keys(changes).length;

  const send = async (confirm: boolean) => {
    setBusy(true);
    setProblem(null);
    try {
      const saved = await take(
        api.PATCH("/api/members/{memberId}", {
          params: { path: { memberId: member.id } },
          body: { ...changes, ...(confirm ? { confirm: true } : {}) },
        }),
      );
      client.setQueryData(memberQuery(member.id).queryKey, saved);
      form.setValues(draftOf(saved));
      form.clearErrors();
      setShutsOut(null);
      toast.done("The settings are saved.");
      void client.invalidateQueries({ queryKey: keys.pool(member.poolId) });
    } catch (error) {
      const found = asProblem(error);
      if (found.code === "live_source_excluded") setShutsOut(String(found.extra["liveSource"] ?? "the address in use"));
      else {
        setShutsOut(null);
        setProblem(placeProblem(form, error, NAMES));
      }
    } finally {
      setBusy(false);
    }
  };

  return (
    <form onSubmit={form.onSubmit(() => void send(false), focusInvalid(form))} noValidate className={c["form"]}>
      <Card title="Name">
        <div className={c["fields"]}>
          <TextInput label="Display name" maxLength={120} autoComplete="off" {...form.getInputProps("displayName")} />
          <TextInput
            label="Hostname"
            description="Must be what the agent says; a heartbeat with another name is refused."
            autoComplete="off"
            spellCheck={false}
            {...form.getInputProps("hostname")}
          />
          <Select
            label="Template"
            description={TEMPLATES.find((one) => one.value === form.values.template)?.says}
            data={TEMPLATES.map(({ value, label }) => ({ value, label }))}
            allowDeselect={false}
            {...form.getInputProps("template")}
          />
          <Select
            label="Linux family"
            description="Decides which install command is made."
            data={FAMILIES.map(({ value, label }) => ({ value, label }))}
            allowDeselect={false}
            {...form.getInputProps("linuxFamily")}
          />
        </div>
      </Card>
      <Card title="Addresses">
        <div className={c["fields"]}>
          <TagsInput
            label="Allowed source addresses"
            description={
              member.heartbeat?.source
                ? `Where the host's requests may come from. Now they come from ${member.heartbeat.source}.`
                : "Where the host's requests may come from: single addresses or blocks, IPv4 and IPv6."
            }
            splitChars={[",", " ", ";"]}
            acceptValueOnBlur
            comboboxProps={NO_LIST}
            {...form.getInputProps("allowedIps")}
            onChange={(typed) => form.setFieldValue("allowedIps", cleanAddresses(typed))}
          />
          <TagsInput
            label="Public addresses"
            description="What DNS may publish for this member. Empty: the address that the agent reports."
            splitChars={[",", " ", ";"]}
            acceptValueOnBlur
            comboboxProps={NO_LIST}
            {...form.getInputProps("publicIps")}
            onChange={(typed) => form.setFieldValue("publicIps", cleanAddresses(typed))}
          />
        </div>
      </Card>
      <Card title={haproxy ? "Failover" : "Maintenance"}>
        <div className={c["fields"]}>
          {haproxy && (
            <NumberInput
              label="Priority"
              description="Of several ready standbys the one with the lowest number is promoted first."
              min={0}
              max={1000}
              allowDecimal={false}
              {...form.getInputProps("priority")}
            />
          )}
          <div className={c["switches"]}>
            {haproxy && (
              <Switch
                label="Never promote"
                description="It is watched like the others, but takes the traffic only when a person makes it active."
                {...form.getInputProps("neverPromote", { type: "checkbox" })}
              />
            )}
            <Switch
              label="Maintenance"
              description={
                haproxy
                  ? "While it is on this member is not promoted. An active one stays active."
                  : "Marks the member as being worked on."
              }
              {...form.getInputProps("maintenance", { type: "checkbox" })}
            />
          </div>
        </div>
      </Card>
      <Card title="Location">
        <div className={c["place"]}>
          <div className={c["column"]}>
            <TextInput label="Name" placeholder="Frankfurt" maxLength={120} {...form.getInputProps("place")} />
            <NumberInput
              label="Latitude"
              placeholder="50.11"
              min={-90}
              max={90}
              decimalScale={5}
              {...form.getInputProps("latitude")}
            />
            <NumberInput
              label="Longitude"
              placeholder="8.68"
              min={-180}
              max={180}
              decimalScale={5}
              {...form.getInputProps("longitude")}
            />
          </div>
          <MemberMap
            members={[
              {
                id: member.id,
                poolId: member.poolId,
                displayName: form.values.displayName || member.hostname,
                location: locationOf(form.values),
                tone: "ok",
              },
            ]}
          />
        </div>
      </Card>
      <ProblemNote problem={problem} />
      <div className={c["save"]} data-on={changed > 0}>
        <span role="status">
          {changed === 0
            ? "Nothing is changed."
            : `${changed} ${changed === 1 ? "change is" : "changes are"} not saved.`}
        </span>
        <Button
          variant="default"
          disabled={changed === 0 || busy}
          onClick={() => {
            form.setValues(draftOf(member));
            form.clearErrors();
            setProblem(null);
          }}
        >
          Discard
        </Button>
        <WhyButton type="submit" loading={busy} why={lack ?? (changed === 0 ? "Nothing is changed." : null)}>
          Save changes
        </WhyButton>
      </div>
      <ConfirmDialog
        opened={shutsOut !== null}
        onClose={() => setShutsOut(null)}
        title={`Shut out ${shutsOut}?`}
        confirmLabel="Save and shut it out"
        danger
        busy={busy}
        onConfirm={() => void send(true)}
      >
        <p style={{ marginTop: 0 }}>
          {member.displayName} speaks from <strong className="mono">{shutsOut}</strong> now, which is not in the new
          list. Its heartbeats will be refused from the next one on, and it will be seen as down.
        </p>
        <p>Go back and add the address, unless the host is about to move.</p>
      </ConfirmDialog>
    </form>
  );
}
