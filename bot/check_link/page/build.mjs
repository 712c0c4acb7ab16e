// Bundles the page into a folder: node build.mjs OUT. The same sources give the same bytes.
import { copyFileSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const out = process.argv[2];
// esbuild is installed below build/, not beside this file: NODE_MODULES says where.
const { buildSync } = createRequire(join(process.env.NODE_MODULES, "package.json"))("esbuild");
mkdirSync(out, { recursive: true });
const common = { bundle: true, minify: true, charset: "utf8", logLevel: "warning", target: ["es2020"] };
buildSync({ ...common, entryPoints: ["src/main.ts"], outfile: join(out, "page.js"), format: "iife", legalComments: "none" });
buildSync({ ...common, entryPoints: ["src/page.css"], outfile: join(out, "page.css") });
copyFileSync("src/index.html", join(out, "index.html"));
for (const name of readdirSync("strings").filter((name) => name !== "en.json" && name.endsWith(".json"))) {
  writeFileSync(join(out, name), JSON.stringify(JSON.parse(readFileSync(join("strings", name), "utf8"))) + "\n");
}
