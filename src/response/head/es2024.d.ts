/** In Node since version 20, in TypeScript's library from es2024 on. */
interface String {
  isWellFormed(): boolean;
  toWellFormed(): string;
}
