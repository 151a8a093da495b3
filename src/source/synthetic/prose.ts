const sentences = [
  "The parcel left the warehouse before noon and reached the port two days later.",
  'She wrote "received with thanks" on the slip, signed it, and went on.',
  "Nothing in the contract, as far as anyone could tell, said otherwise.",
  "Die Lieferung verzögert sich um drei bis fünf Werktage; wir bitten um Verständnis.",
  "Le colis a été déposé chez le voisin, au deuxième étage.",
  "ご不便をおかけして申し訳ございません。到着まで今しばらくお待ちください。",
  "Посылка прибыла в пункт выдачи, срок хранения семь дней.",
  "Prices exclude tax, shipping and handling; see section 4.2 of the terms.",
  "It rained.\nThen it stopped.",
  "Everything was counted twice, weighed once, and written down in three ledgers.",
  "تم تسليم الطلب إلى العميل في الموعد المحدد.",
  "No one had expected 🎉 to survive the conversion, yet there it was.",
];

/** About so many letters of running text, other for every row: sentences in an order the bits drawn for the row decide. */
export function prose(drawn: number, letters: number): string {
  let bits = drawn;
  let text = `[${bits.toString(36)}]`;
  while (text.length < letters) {
    text += ` ${sentences[bits % sentences.length] ?? ""}`;
    bits = (Math.imul(bits, 0x41c64e6d) + 12345) >>> 0;
    bits = (bits ^ (bits >>> 15)) >>> 0;
  }
  return text;
}
