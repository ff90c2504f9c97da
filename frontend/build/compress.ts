import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { gzipSync } from "node:zlib";
import type { Plugin } from "vite";

const WORTH = /\.(js|css|svg|json)$/;

/** Writes `<file>.gz` beside each asset, so that the server compresses nothing. */
export function compress(): Plugin {
  let out = "dist";
  return {
    name: "compress",
    apply: "build",
    configResolved(config) {
      out = path.resolve(config.root, config.build.outDir);
    },
    closeBundle() {
      const walk = (folder: string): string[] =>
        readdirSync(folder).flatMap((name) => {
          const full = path.join(folder, name);
          return statSync(full).isDirectory() ? walk(full) : [full];
        });
      for (const file of walk(out).filter((name) => WORTH.test(name))) {
        const packed = gzipSync(readFileSync(file), { level: 9 });
        if (packed.length < statSync(file).size) writeFileSync(`${file}.gz`, packed);
      }
    },
  };
}
