import { deliveries, type Delivery } from "../../src/ground.ts";

/** How our own server gives an export: by a delivery inside the request, or by a job outside of it. */
export type MeasuredDelivery = Delivery | "job";

/** All of them, in the order of reports. A run measures the job only where it is named. */
export const measuredDeliveries: readonly MeasuredDelivery[] = [...deliveries, "job"];

/** Whether the body comes in the answer to the request for the export, so that analysis tells how long a slot is held. */
export function isInRequest(delivery: MeasuredDelivery | null): delivery is Delivery {
  return delivery !== null && delivery !== "job";
}
