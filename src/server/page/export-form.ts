import type { DeclaredParameter } from "../../export/declared-parameter.ts";
import type { ExportDefinition } from "../../export/definition.ts";
import { exportParameters, type ExportParameter } from "../../export/parameters.ts";
import { dialects } from "../../csv/dialect.ts";
import type { Caller } from "../access/caller.ts";
import { markupText } from "./markup-text.ts";

/** Parameters of every export that have a field at once; the others are folded away. */
const shownAtOnce: ReadonlySet<string> = new Set(["rows", "columns", "dialect", "delivery"]);

/** A list of choices shows this many at once. */
const mostShownChoices = 6;

/**
 * The form of an export: a field for each parameter that it declares, and for each that every export has. It works
 * without script. An empty field isn't sent on.
 * @param bound parameters that aren't the caller's to give, which have no field
 */
export function exportForm(definition: ExportDefinition, bound: Caller["bound"]): string {
  const { name, served } = definition;
  const parameters = definition.parameters.filter((parameter) => !bound.has(parameter.name));
  const common = exportParameters.filter(
    (parameter) => (served === null || parameter.name !== "seed") && !bound.has(parameter.name),
  );
  const field = (parameter: ExportParameter): string => commonField(definition, parameter);
  const first = common.filter((parameter) => shownAtOnce.has(parameter.name)).map(field);
  const others = common.filter((parameter) => !shownAtOnce.has(parameter.name)).map(field);
  const path = encodeURIComponent(name);
  return `<form method="get" action="./download/${path}">
<div class="fields">
${[...parameters.map((parameter) => declaredField(name, parameter)), ...first].join("\n")}
</div>
<details><summary>More options</summary>
<div class="fields">
${others.join("\n")}
</div>
</details>
<p><button>Download</button> <button type="button" class="as-job" data-jobs="/exports/${path}/jobs" hidden>Run as a job</button></p>
<p class="outcome fault" role="alert"></p>
<div class="request" hidden>
<p><a class="address" href="./exports/${path}.csv"></a> <button type="button" class="copy-address">Copy URL</button></p>
<p><code class="curl"></code> <button type="button" class="copy-curl">Copy curl</button></p>
</div>
</form>`;
}

/** A field for a parameter that every export has. */
function commonField(
  definition: ExportDefinition,
  { name, placeholder, description }: ExportParameter,
): string {
  const choices = choicesOf(definition, name, placeholder);
  const id = `${definition.name}.${name}`;
  const control =
    choices === undefined
      ? `<input ${attributes({ id, name, placeholder })}>`
      : `<select ${attributes({ id, name })}>${options(["", ...choices], [""])}</select>`;
  return labelled(id, name, control, description);
}

/** The values of a parameter that has few; its placeholder names them. */
function choicesOf(
  { deliveries }: ExportDefinition,
  name: string,
  placeholder: string,
): readonly string[] | undefined {
  if (name === "delivery") return deliveries;
  if (name === "dialect") return Object.keys(dialects);
  return placeholder.includes("|") ? placeholder.split("|") : undefined;
}

/** A field for a parameter that the export declares itself. */
function declaredField(exportName: string, parameter: DeclaredParameter): string {
  const { name, type, optional, list, oneOf, description } = parameter;
  const given = typeof parameter.default === "string" ? [parameter.default] : (parameter.default ?? []);
  const isRequired = parameter.default === null && !optional;
  const id = `${exportName}.${name}`;
  const choices = oneOf ?? (type === "boolean" ? ["true", "false"] : null);
  const required = isRequired ? " required" : "";
  const placeholder = given.length > 0 ? `default: ${given.join(",")}` : optional ? "optional" : "";
  const unset = list || given.length > 0 ? [] : [""];
  const several = list ? ` multiple size="${Math.min(mostShownChoices, choices?.length ?? 0)}"` : "";
  const control =
    choices === null
      ? `<input ${attributes({ id, name, placeholder })}${required}>`
      : `<select ${attributes({ id, name })}${several}${required}>${options(
          [...unset, ...choices],
          given,
          optional ? "none" : "choose",
        )}</select>`;
  const count = list ? (choices === null ? "several with commas between them" : "any number of them") : "";
  const kind = [type, count, isRequired ? "required" : ""].filter((part) => part !== "").join(", ");
  return labelled(id, name, control, description === null ? kind : `${description} (${kind})`);
}

function labelled(id: string, name: string, control: string, help: string): string {
  return `<div><label for="${markupText(id)}">${markupText(name)}</label>${control}<small>${markupText(help)}</small></div>`;
}

function options(values: readonly string[], selected: readonly string[], unset = "default"): string {
  return values
    .map(
      (value) =>
        `<option value="${markupText(value)}"${selected.includes(value) ? " selected" : ""}>${markupText(value === "" ? unset : value)}</option>`,
    )
    .join("");
}

function attributes(values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}="${markupText(value)}"`)
    .join(" ");
}
