import { CellHash } from "./cell-hash.ts";

/** Each with the spelling in its address, which is computed once and not for every address. */
const givenNames =
  "Ada Björn Chloé Élodie Fatima Günther Hannah Íñigo Jürgen Kateřina Łukasz Maria Oskar Paula Quentin Rūta Søren Tomás Ulla Vincent Wanda Ximena Yasmin Zoë Alan Barbara Carlos Doris Edgar Frances Grace Henri"
    .split(" ")
    .map((given) => ({ given, address: latin(given) }));

const familyNames =
  "Andersson Brontë Castro D'Angelo Eriksen Fischer García Hopper Ibsen Jansen Kowalski Lovelace Müller Nováková O'Brien Peña Quispe Rossi Schäfer Turing Ulrich Văcărescu Weiß Yıldız Zhang Becker Dubois Nilsson Okafor Silva Tanaka Wilson".split(
    " ",
  );

const nicknames = "Ace Bee Duke Fox Lucky Red Sunny Tex".split(" ");

/** Names in other scripts, each with the Latin spelling in its address. Some letters need more than 16 bits. */
const otherScripts =
  "山田太郎=yamada 佐藤花子=sato 李小龍=li 王芳=wang 𠮷野家=yoshinoya 김민준=kim 이서연=lee محمد_علي=mali فاطمة_الزهراء=fzahra Иван_Петров=ipetrov Ольга_Смирнова=osmirnova Олена_Шевченко=olena Γιώργος_Παπαδόπουλος=gpapas דוד_לוי=dlevi अमित_शर्मा=asharma นภา_ใจดี=napa Bäckerei_🥐_Huber=huber Café_☕️_Lumière=cafe 🦊_Studio=fox 👩‍🚀_Space_Inc.=space"
    .split(" ")
    .map((entry) => {
      const [name = "", address = ""] = entry.split("=");
      return { name: name.replaceAll("_", " "), address };
    });

const customerCount = 4096;

interface Customer {
  readonly name: string;
  readonly email: string;
}

interface Customers {
  readonly names: readonly string[];
  readonly emails: readonly string[];
}

let made: Customers | undefined;

/**
 * The customers of all orders. They are the same for every seed, so that their text is made and encoded once. They are
 * made with the first order, because a process that generates none would start later with them.
 */
export function customers(): Customers {
  if (made !== undefined) return made;
  const hash = new CellHash(1);
  const all = Array.from({ length: customerCount }, (_, number) => customer(hash, number));
  made = { names: all.map(({ name }) => name), emails: all.map(({ email }) => email) };
  return made;
}

function customer(hash: CellHash, number: number): Customer {
  const draw = (purpose: number, count: number): number => hash.below(number * 8 + purpose, count);
  const kind = draw(0, 100);
  if (kind < 14) {
    const { name, address } = otherScripts[draw(1, otherScripts.length)] ?? { name: "", address: "" };
    return { name, email: emailOf(address, number) };
  }
  const { given, address } = givenNames[draw(1, givenNames.length)] ?? { given: "", address: "" };
  const family = familyNames[draw(2, familyNames.length)] ?? "";
  const nickname = nicknames[draw(3, nicknames.length)] ?? "";
  return { name: fullName(kind, given, family, nickname), email: emailOf(address, number) };
}

function fullName(kind: number, given: string, family: string, nickname: string): string {
  if (kind < 22) return `${family}, ${given}`;
  if (kind < 28) return `${given} "${nickname}" ${family}`;
  if (kind < 31) return `${given} ${family}\nc/o ${nickname} Ltd.`;
  if (kind < 32) return `${given} ${family}\r\n"${nickname}, Inc."`;
  return `${given} ${family}`;
}

function emailOf(name: string, number: number): string {
  return `${name}${number}@example.${number % 3 === 0 ? "com" : "org"}`;
}

/** Spells a name with the letters that an address may have. */
function latin(name: string): string {
  return name
    .replaceAll("ø", "o")
    .replaceAll("Ł", "L")
    .normalize("NFD")
    .replace(/[^A-Za-z]/g, "")
    .toLowerCase();
}
