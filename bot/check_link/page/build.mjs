// Bundles the page into a folder: node build.mjs OUT. The same sources give the same bytes.
import { copyFileSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const out = process.argv[2];
const NO_LICENSE_FILE = "The package has no license file; its package.json names the license.";
// esbuild is installed below build/, not beside this file: NODE_MODULES says where.
const { buildSync } = createRequire(join(process.env.NODE_MODULES, "package.json"))("esbuild");
mkdirSync(out, { recursive: true });
const common = { bundle: true, minify: true, charset: "utf8", logLevel: "warning", target: ["es2020"] };
buildSync({ ...common, entryPoints: ["src/main.ts"], outfile: join(out, "page.js"), format: "iife", legalComments: "none" });
buildSync({ ...common, entryPoints: ["src/page.css"], outfile: join(out, "page.css") });
copyFileSync("src/index.html", join(out, "index.html"));
copySdk();
for (const name of readdirSync("strings").filter((name) => name !== "en.json" && name.endsWith(".json"))) {
  writeFileSync(join(out, name), JSON.stringify(JSON.parse(readFileSync(join("strings", name), "utf8"))) + "\n");
}

/** The SDK as its publisher built it, under a name that the page loads on demand, with the licenses of what is in it. */
function copySdk() {
  const modules = process.env.NODE_MODULES;
  const names = ["@twilio/voice-sdk", "@twilio/voice-errors", "events", "loglevel", "tslib"];
  const versions = names.map((name) => `${name} ${JSON.parse(readFileSync(join(modules, name, "package.json"), "utf8")).version}`);
  const script = readFileSync(join(modules, names[0], "dist/twilio.min.js"), "utf8");
  writeFileSync(join(out, "voice-sdk.js"), `/* ${versions.join(", ")}. Licenses: voice-sdk.txt */\n${script}`);
  const licenses = names.map((name, index) => {
    const file = readdirSync(join(modules, name)).find((file) => /^licen[cs]e/i.test(file));
    return `${versions[index]}\n\n${file ? readFileSync(join(modules, name, file), "utf8").trim() : NO_LICENSE_FILE}\n`;
  });
  writeFileSync(join(out, "voice-sdk.txt"), licenses.join("\n\n"));
}
