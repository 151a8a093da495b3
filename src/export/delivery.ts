/** How a body reaches the client: as it is made, made whole in memory first, or from a file made outside the request. */
export type Delivery = "streaming" | "buffered" | "file";

/** Every delivery, in the order they are listed and compared. */
export const deliveries: readonly Delivery[] = ["streaming", "buffered", "file"];

/** Whether a text names a delivery. */
export function isDelivery(text: string): text is Delivery {
  return (deliveries as readonly string[]).includes(text);
}
