/** A share as a percentage with two significant digits: 0.0412 is `4.1 %`. */
export function percent(share: number): string {
  const value = share * 100;
  return `${value >= 100 ? Math.round(value) : Number(value.toPrecision(2))} %`;
}
