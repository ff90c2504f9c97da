import type { Tone } from "../../ui/tones";
import type { Channel, Delivery } from "./channelQueries";

const WORDS: Readonly<Record<string, { title: string; about: string }>> = {
  failover: { title: "Failovers", about: "DNS moves to a standby; the move is done, or stuck." },
  hold: { title: "Holds", about: "Automation waits, for a reason; the wait is over." },
  member: { title: "Members", about: "A member is lost, or heard again." },
  dns: { title: "DNS", about: "Drift, a conflict, or a failover that could not change DNS." },
  certificate: { title: "Certificates", about: "A certificate could not be renewed, or is about to expire." },
  job: { title: "Jobs", about: "A job failed, timed out, or has an unknown outcome." },
};

export const topicTitle = (topic: string): string => WORDS[topic]?.title ?? topic;
export const topicAbout = (topic: string): string => WORDS[topic]?.about ?? "";

/** "All topics", or their titles. */
export const topicsLine = (topics: readonly string[]): string =>
  topics.length === 0 ? "All topics" : topics.map(topicTitle).join(", ");

/** Does this channel tell of this topic in this pool? No pool and no topics named mean all of them. */
export const tells = (channel: Channel, topic: string, poolId: string): boolean =>
  channel.enabled && appliesTo(channel, poolId) && (channel.topics.length === 0 || channel.topics.includes(topic));

export const appliesTo = (channel: Channel, poolId: string): boolean =>
  channel.poolId === null || channel.poolId === poolId;

/** Where a channel's messages go, in a few words. */
export function destination(channel: Pick<Channel, "kind" | "config">): string {
  const { recipients, url } = channel.config;
  if (typeof url === "string") return url;
  if (Array.isArray(recipients) && recipients.length > 0) return recipients.map(String).join(", ");
  return channel.kind === "email" ? "The owner of the account" : "";
}

export function deliveryWord(status: Delivery["status"]): { tone: Tone; word: string } {
  if (status === "sent") return { tone: "ok", word: "Sent" };
  if (status === "failed") return { tone: "down", word: "Failed" };
  if (status === "waiting") return { tone: "info", word: "Waiting" };
  return { tone: "idle", word: "Dropped" };
}
