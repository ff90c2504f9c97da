import type { Channel, Delivery } from "./channelQueries";

// Objects of this room as the server answers them, for its tests.

export const KINDS = {
  items: [
    {
      kind: "email",
      title: "E-mail",
      fields: [
        {
          name: "recipients",
          label: "Recipients",
          help: "Team inboxes; empty: the account owner",
          secret: false,
          required: false,
          type: "list",
        },
      ],
    },
    {
      kind: "webhook",
      title: "Webhook",
      fields: [
        { name: "url", label: "Address", help: "https://", secret: false, required: true, type: "text" },
        { name: "secret", label: "Signing secret", help: "", secret: true, required: true, type: "text" },
      ],
    },
  ],
  topics: ["failover", "hold", "member", "dns", "job"],
};

export const delivery = (part: Partial<Delivery> = {}): Delivery => ({
  id: "d1",
  channelId: "c1",
  channelKind: "email",
  recipient: null,
  poolId: "p1",
  memberId: null,
  kind: "failover.promoted",
  subject: "Failover: edge moves to fra-1",
  status: "sent",
  attempts: 1,
  nextTryAt: null,
  lastError: null,
  createdAt: "2026-11-25T18:00:00Z",
  sentAt: "2026-11-25T18:00:01Z",
  ...part,
});

export const channel = (part: Partial<Channel> = {}): Channel => ({
  id: "c1",
  kind: "email",
  name: "On-call",
  poolId: null,
  topics: [],
  enabled: true,
  config: { recipients: ["oncall@example.com"] },
  secretsSet: [],
  createdAt: "2026-11-01T10:00:00Z",
  lastDelivery: null,
  ...part,
});

export const webhook = (part: Partial<Channel> = {}): Channel =>
  channel({
    id: "c2",
    kind: "webhook",
    name: "Chat",
    config: { url: "https://chat.example.com/hook" },
    secretsSet: ["secret"],
    ...part,
  });

export const ME = {
  user: { id: "u1", email: "owner@example.com", name: "Owner", totpEnabled: false },
  account: {
    id: "a1",
    name: "Example",
    plan: "community",
    trialUntil: null,
    alertEmail: "alerts@example.com",
    teamInboxes: ["noc@example.com"],
    createdAt: "2026-11-01T10:00:00Z",
  },
  role: "owner",
  gates: { failoverBannerMaxSec: 7200 },
};
