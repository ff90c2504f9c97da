import { describe, expect, it } from "vitest";
import { readFacts, worstDisk } from "./facts";

describe("what a host reported", () => {
  it("reads the agent's blocks", () => {
    const facts = readFacts({
      agentVersion: 84,
      host: {
        cpu: { count: 4, usedPct: 23.1 },
        memory: { totalBytes: 1000, usedBytes: 410 },
        disks: [
          { mount: "/", totalBytes: 100, usedBytes: 41 },
          { mount: "/var", totalBytes: 100, usedBytes: 97, inodesUsedPct: 12 },
        ],
        services: [{ name: "haproxy", state: "failed", active: false }],
        firewall: { kind: "ufw", enabled: true, rules: 14 },
      },
      haproxy: {
        active: true,
        adminSocket: true,
        stats: { sessions: 12, strange: "text" },
        listeners: [{ proxy: "fe", address: "*", port: 443, ssl: true }],
        topology: { backends: [{ name: "be", servers: [{ name: "a", address: "10.0.0.1:80", state: "MAINT" }] }] },
      },
    });
    expect(facts.memory?.usedPct).toBe(41);
    expect(worstDisk(facts.disks)?.mount).toBe("/var");
    expect(facts.services).toEqual([{ name: "haproxy", state: "failed" }]);
    expect(facts.haproxy?.stats).toEqual({ sessions: 12 });
    expect(facts.haproxy?.listeners[0]).toEqual({ proxy: "fe", address: "*", port: "443", ssl: true });
    expect(facts.haproxy?.backends[0]?.servers[0]?.state).toBe("MAINT");
  });

  it("leaves out what has another shape than expected", () => {
    const facts = readFacts({
      host: {
        cpu: "busy",
        memory: { totalBytes: "much" },
        disks: { omitted: "larger than 40000 bytes" },
        load: [0.1, null, "x"],
        certificates: [{ names: ["no path"] }, { path: "/a.pem", notAfter: "not a time" }],
        pendingUpdates: Number.NaN,
      },
      haproxy: { topology: { omitted: "larger than 40000 bytes" }, listeners: "none" },
      degraded: [7, "disk full"],
    });
    expect(facts.cpuPct).toBeNull();
    expect(facts.memory).toBeNull();
    expect(facts.disks).toEqual([]);
    expect(facts.load).toEqual([0.1]);
    expect(facts.certificates).toEqual([{ path: "/a.pem", names: [], notAfter: null, error: null }]);
    expect(facts.pendingUpdates).toBeNull();
    expect(facts.haproxy?.backends).toEqual([]);
    expect(facts.degraded).toEqual(["disk full"]);
  });
});
