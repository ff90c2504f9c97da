import { gzipSync } from "node:zlib";
import type { Plugin } from "vite";

interface Limits {
  /** Modules that every signed-in visit loads although they are lazy: their parts count as first load too. */
  always: readonly string[];
  firstJsKb: number;
  firstCssKb: number;
  lazyKb: number;
}
interface Part {
  name: string;
  kb: number;
}

/** Fails the build when a first visit or a lazy part weighs more than it may (kB are 1,000 bytes after gzip). */
export function budget(limits: Limits): Plugin {
  return {
    name: "budget",
    apply: "build",
    generateBundle(_options, bundle) {
      const weigh = (name: string, source: string | Uint8Array): Part => ({
        name,
        kb: gzipSync(source, { level: 6 }).length / 1000,
      });
      const first = new Set<string>();
      const follow = (name: string) => {
        const chunk = bundle[name];
        if (chunk?.type !== "chunk" || first.has(name)) return;
        first.add(name);
        chunk.imports.forEach(follow);
      };
      const css = new Set<string>();
      for (const [name, chunk] of Object.entries(bundle)) {
        if (chunk.type !== "chunk") continue;
        if (chunk.isEntry || limits.always.some((module) => chunk.facadeModuleId?.endsWith(module))) follow(name);
      }
      for (const name of first) {
        const chunk = bundle[name];
        if (chunk?.type === "chunk") for (const sheet of chunk.viteMetadata?.importedCss ?? []) css.add(sheet);
      }
      const parts = Object.entries(bundle).flatMap(([name, part]) => {
        if (part.type === "chunk") return [weigh(name, part.code)];
        return name.endsWith(".css") ? [weigh(name, part.source)] : [];
      });
      const sum = (wanted: Set<string>) =>
        parts.filter((p) => wanted.has(p.name)).reduce((total, p) => total + p.kb, 0);
      const js = sum(first);
      const sheets = sum(css);
      const heavy = parts.filter((p) => !first.has(p.name) && !css.has(p.name) && p.kb > limits.lazyKb);
      this.info(
        `first load ${js.toFixed(1)} kB JS of ${limits.firstJsKb}, ${sheets.toFixed(1)} kB CSS of ${limits.firstCssKb}`,
      );
      const broken = [
        js > limits.firstJsKb ? `the first load has ${js.toFixed(1)} kB of JS, the limit is ${limits.firstJsKb}` : "",
        sheets > limits.firstCssKb
          ? `the first load has ${sheets.toFixed(1)} kB of CSS, the limit is ${limits.firstCssKb}`
          : "",
        ...heavy.map((p) => `the lazy part ${p.name} has ${p.kb.toFixed(1)} kB, the limit is ${limits.lazyKb}`),
      ].filter(Boolean);
      if (broken.length > 0) this.error(`Over the budget (gzip): ${broken.join("; ")}.`);
    },
  };
}
