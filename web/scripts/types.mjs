// Write src/api/schema.ts from the desk's OpenAPI description, or with --check tell whether it is
// up to date. usage: node scripts/types.mjs <openapi.json or its address> [--check]
import { readFile, writeFile } from "node:fs/promises";

const TARGET = new URL("../src/api/schema.ts", import.meta.url);
const NAME = /^[A-Za-z_$][\w$]*$/;

const nameOf = (ref) => ref.split("/").at(-1);

/** Return the names of all schemas that `value` mentions, and those that they mention. */
function reached(value, schemas, found = new Set()) {
  if (Array.isArray(value)) value.forEach((each) => reached(each, schemas, found));
  else if (value && typeof value === "object") {
    if (typeof value.$ref === "string" && !found.has(nameOf(value.$ref))) {
      found.add(nameOf(value.$ref));
      reached(schemas[nameOf(value.$ref)], schemas, found);
    }
    for (const each of Object.values(value)) reached(each, schemas, found);
  }
  return found;
}

const union = (parts) => [...new Set(parts)].join(" | ") || "unknown";

function typeOf(schema, whole) {
  const of = (each) => typeOf(each, whole);
  if (schema.$ref) return nameOf(schema.$ref);
  if (schema.enum) return union(schema.enum.map((each) => JSON.stringify(each)));
  if ("const" in schema) return JSON.stringify(schema.const);
  if (schema.anyOf ?? schema.oneOf) return union((schema.anyOf ?? schema.oneOf).map(of));
  if (Array.isArray(schema.type)) return union(schema.type.map((type) => of({ ...schema, type })));
  switch (schema.type) {
    case "integer":
    case "number":
      return "number";
    case "string":
    case "boolean":
    case "null":
      return schema.type;
    case "array":
      if (schema.prefixItems) return `[${schema.prefixItems.map(of).join(", ")}]`;
      return `${wrapped(of(schema.items ?? {}))}[]`;
    case "object":
      return schema.properties ? record(schema, whole) : `Record<string, ${mapped(schema, of)}>`;
    default:
      return "unknown";
  }
}

const wrapped = (text) => (/ \| |^\{/.test(text) ? `(${text})` : text);

function mapped(schema, of) {
  return typeof schema.additionalProperties === "object"
    ? of(schema.additionalProperties)
    : "unknown";
}

// What the desk answers is always complete; only what it is asked may leave out what has a default.
function record(schema, whole) {
  const required = new Set(schema.required ?? []);
  const lines = Object.entries(schema.properties).map(([name, each]) => {
    const mark = whole || required.has(name) ? "" : "?";
    return `  ${NAME.test(name) ? name : JSON.stringify(name)}${mark}: ${typeOf(each, whole)};`;
  });
  return `{\n${lines.join("\n")}\n}`;
}

function write(document) {
  const schemas = document.components?.schemas ?? {};
  const asked = Object.values(document.paths ?? {}).flatMap((path) =>
    Object.values(path).map((each) => [each.requestBody, each.parameters]),
  );
  const requests = reached(asked, schemas);
  const parts = Object.entries(schemas)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, schema]) => {
      const about = schema.description?.split("\n")[0];
      const comment = about ? `/** ${about.replaceAll("*/", "")} */\n` : "";
      return `${comment}export type ${name} = ${typeOf(schema, !requests.has(name))};\n`;
    });
  return `// Made by \`npm run types\` from the desk's OpenAPI description; do not edit.\n\n${parts.join("\n")}`;
}

const [source, flag] = process.argv.slice(2);
if (!source) throw new Error("Name the OpenAPI description: a file, or http://…/api/openapi.json.");
const read = /^https?:/.test(source)
  ? async () => (await fetch(source)).text()
  : () => readFile(source, "utf8");
const text = write(JSON.parse(await read()));
if (flag !== "--check") await writeFile(TARGET, text);
else if ((await readFile(TARGET, "utf8")) !== text) {
  console.error(
    "src/api/schema.ts is not what the desk says now; run: npm run types -- <openapi.json>",
  );
  process.exitCode = 1;
}
