// Prints the Khronos validator's report on a glTF file as JSON. Usage: node validate.mjs NODE_MODULES FILE
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, dirname, join, resolve } from "node:path";

const [modules, file] = process.argv.slice(2);
const validator = createRequire(join(resolve(modules), "x.js"))("gltf-validator");
const report = await validator.validateBytes(new Uint8Array(await readFile(file)), {
  uri: basename(file),
  maxIssues: 1000,
  externalResourceFunction: async (uri) =>
    new Uint8Array(await readFile(join(dirname(file), decodeURIComponent(uri)))),
});
process.stdout.write(JSON.stringify(report));
