import type { BoundValue } from "./access-settings.ts";

/** What the issuer of a JWT says about its holder. */
export type Claims = Readonly<Record<string, unknown>>;

const prefix = "claims.";

/**
 * The values of parameters that claims decide.
 * @param parameters the claim of each, such as `claims.tenant_id`
 * @returns undefined when a claim is missing or has no usable value: without it, a parameter would be free
 */
export function boundByClaims(
  parameters: Readonly<Record<string, string>>,
  claims: Claims,
): Readonly<Record<string, readonly BoundValue[]>> | undefined {
  const bound: Record<string, readonly BoundValue[]> = {};
  for (const [name, path] of Object.entries(parameters)) {
    const value = claimAt(claims, path.slice(prefix.length));
    const values: readonly unknown[] = Array.isArray(value) ? value : [value];
    if (values.length === 0 || !values.every(isUsable)) return undefined;
    bound[name] = values;
  }
  return bound;
}

/** A claim by its whole name, which may be a URL; otherwise dots lead into objects, as in `realm.tenant`. */
function claimAt(claims: Claims, path: string): unknown {
  if (Object.hasOwn(claims, path)) return claims[path];
  let value: unknown = claims;
  for (const name of path.split(".")) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Claims)[name];
  }
  return value;
}

/** JSON rounds large whole numbers, so that one of them may have been another tenant's. */
function isUsable(value: unknown): value is BoundValue {
  if (typeof value === "number") return !Number.isInteger(value) || Number.isSafeInteger(value);
  return typeof value === "string" || typeof value === "boolean";
}
