/** How a body reaches the client: streamed, built in memory first, or from a file that is made outside the request. */
export type Delivery = "streaming" | "buffered" | "file";

/** Every delivery, in the order of lists and comparisons. */
export const deliveries: readonly Delivery[] = ["streaming", "buffered", "file"];

/** Whether a text names a delivery. */
export function isDelivery(text: string): text is Delivery {
  return (deliveries as readonly string[]).includes(text);
}
