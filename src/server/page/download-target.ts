/**
 * The way from `/download/NAME` to its export, for the fields of its form. A browser without script sends every field of a form, so fields
 * that were left empty are left out here. It is relative, because a proxy may serve both under another path.
 *
 * @example
 * downloadTarget("orders", new URLSearchParams("rows=&dialect=tsv")); // "../exports/orders.csv?dialect=tsv"
 */
export function downloadTarget(name: string, fields: URLSearchParams): string {
  const query = new URLSearchParams([...fields].filter(([, value]) => value !== "")).toString();
  const path = `../exports/${encodeURIComponent(name)}.csv`;
  return query === "" ? path : `${path}?${query}`;
}
